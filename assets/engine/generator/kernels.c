// The arithmetic of the network that draws, in the visitor's browser: several images at once.
//
// Maps lie as (images, height, width, lanes): channels last, padded to whole vectors of four. Weights that mix channels
// lie in panels of eight outputs (one of four may be last), each (inputs, outputs of the panel), so that what is read
// one after the other lies one after the other. engine/generator/network.js lays them out and calls these functions.
// python assets/engine/build.py compiles this file.

#include "../vectors.h"

enum { PANEL = 2 * LANES, TILE = 32, MAX_TAPS = 15 * 15 };

// e to the power of x, within a few units of the last place (the polynomial of Cephes' expf).
INLINE v128_t exponential(v128_t x) {
  x = wasm_f32x4_pmin(wasm_f32x4_splat(88), wasm_f32x4_pmax(wasm_f32x4_splat(-87), x));
  v128_t whole = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504f)));
  x = times_plus(whole, wasm_f32x4_splat(-0.693359375f), x); // log 2, in two parts
  x = times_plus(whole, wasm_f32x4_splat(2.12194440e-4f), x);
  v128_t sum = wasm_f32x4_splat(1.9875691500e-4f);
  sum = times_plus(sum, x, wasm_f32x4_splat(1.3981999507e-3f));
  sum = times_plus(sum, x, wasm_f32x4_splat(8.3334519073e-3f));
  sum = times_plus(sum, x, wasm_f32x4_splat(4.1665795894e-2f));
  sum = times_plus(sum, x, wasm_f32x4_splat(1.6666665459e-1f));
  sum = times_plus(sum, x, wasm_f32x4_splat(5.0000001201e-1f));
  sum = wasm_f32x4_add(times_plus(sum, wasm_f32x4_mul(x, x), x), wasm_f32x4_splat(1));
  v128_t power = wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(whole), wasm_i32x4_splat(127));
  return wasm_f32x4_mul(sum, wasm_i32x4_shl(power, 23));
}

INLINE v128_t silu(v128_t x) {
  return wasm_f32x4_div(x, wasm_f32x4_add(wasm_f32x4_splat(1), exponential(wasm_f32x4_neg(x))));
}

INLINE float sum_of(v128_t values) {
  return wasm_f32x4_extract_lane(values, 0) + wasm_f32x4_extract_lane(values, 1) + wasm_f32x4_extract_lane(values, 2) +
         wasm_f32x4_extract_lane(values, 3);
}

// SiLU by itself. (count)
EXPORT(void, activate)(const float *values, int count, float *output) {
  for (int i = 0; i < count; i += LANES) store(output + i, silu(load(values + i)));
}

// Convolutions that mix channels -------------------------------------------------------------------------------------

INLINE void mix_rows(const float *rows, int inputs, const float *panel, const float *bias, int outputs, int activated,
                     const float *residual, float *output, int count, int vectors) {
  v128_t sums[CELLS][2];
  mix(rows, inputs, panel, vectors * LANES, count, vectors, sums);
  for (int row = 0; row < count; row++)
    for (int v = 0; v < vectors; v++) {
      int at = row * outputs + v * LANES;
      v128_t sum = wasm_f32x4_add(sums[row][v], load(bias + v * LANES));
      if (activated) sum = silu(sum);
      if (residual) sum = wasm_f32x4_add(load(residual + at), sum);
      store(output + at, sum);
    }
}

// Pointwise: every row by itself, (count, inputs) -> (count, outputs); SiLU if `activated`, then + residual if there is
// one, which may be the output itself. A tile of rows stays in the cache while all panels of weights go over it.
EXPORT(void, pointwise)(const float *rows, int count, int inputs, const float *weights, const float *bias, int outputs,
                        int activated, const float *residual, float *output) {
  for (int tile = 0; tile < count; tile += TILE) {
    int end = tile + TILE < count ? tile + TILE : count;
    for (int channel = 0; channel < outputs; channel += PANEL) {
      const float *panel = weights + channel * inputs;
      int vectors = channel + PANEL <= outputs ? 2 : 1;
      for (int row = tile, some; row < end; row += some) {
        some = row + CELLS <= end ? CELLS : 1;
        const float *from = rows + row * inputs, *added = residual ? residual + row * outputs + channel : 0;
        float *to = output + row * outputs + channel;
        if (some == CELLS && vectors == 2) mix_rows(from, inputs, panel, bias + channel, outputs, activated, added, to, CELLS, 2);
        else if (some == CELLS) mix_rows(from, inputs, panel, bias + channel, outputs, activated, added, to, CELLS, 1);
        else if (vectors == 2) mix_rows(from, inputs, panel, bias + channel, outputs, activated, added, to, 1, 2);
        else mix_rows(from, inputs, panel, bias + channel, outputs, activated, added, to, 1, 1);
      }
    }
  }
}

// Standard convolution: what an output cell reads is gathered into a row, 0 in the padding, and the rows are mixed.
// `patches` has room for TILE rows of (taps, channels).
EXPORT(void, standard)(const float *map, int images, int side, int channels, int kernel, int stride, int padding,
                       const float *weights, const float *bias, int outputs, float *patches, float *output) {
  int out_side = (side + 2 * padding - kernel) / stride + 1, cells = out_side * out_side;
  int inputs = kernel * kernel * channels, all = images * cells;
  for (int first = 0; first < all; first += TILE) {
    int count = first + TILE < all ? TILE : all - first;
    float *to = patches;
    for (int row = first; row < first + count; row++) {
      const float *image = map + row / cells * side * side * channels;
      int top = row % cells / out_side * stride - padding, left = row % out_side * stride - padding;
      for (int y = top; y < top + kernel; y++)
        for (int x = left; x < left + kernel; x++, to += channels) {
          int inside = y >= 0 && y < side && x >= 0 && x < side;
          const float *from = image + (y * side + x) * channels;
          for (int channel = 0; channel < channels; channel++) to[channel] = inside ? from[channel] : 0;
        }
    }
    pointwise(patches, count, inputs, weights, bias, outputs, 0, 0, output + first * outputs);
  }
}

// Channels by themselves ---------------------------------------------------------------------------------------------

// Some channels of one cell, each the sum of its own taps. The number of vectors is a constant where it is called.
INLINE void sum_taps(const float *map, int lanes, const float *weights, const int *from, const int *taps, int count,
                     int vectors, float *output) {
  v128_t sums[4];
  for (int v = 0; v < vectors; v++) sums[v] = wasm_f32x4_splat(0);
  for (int tap = 0; tap < count; tap++)
    for (int v = 0; v < vectors; v++)
      sums[v] = times_plus(load(map + from[tap] * lanes + v * LANES), load(weights + taps[tap] * lanes + v * LANES),
                           sums[v]);
  for (int v = 0; v < vectors; v++) store(output + v * LANES, sums[v]);
}

// Depthwise convolution with "same" padding; weights (taps, lanes).
EXPORT(void, depthwise)(const float *map, int images, int side, int lanes, int kernel, int dilation,
                        const float *weights, float *output) {
  int from[MAX_TAPS], taps[MAX_TAPS], reach = kernel / 2 * dilation;
  for (int cell = 0; cell < side * side; cell++) {
    int count = 0;
    for (int tap = 0; tap < kernel * kernel; tap++) {
      int y = cell / side - reach + tap / kernel * dilation, x = cell % side - reach + tap % kernel * dilation;
      if (y < 0 || y >= side || x < 0 || x >= side) continue;
      from[count] = y * side + x;
      taps[count++] = tap;
    }
    for (int image = 0; image < images; image++) {
      int start = image * side * side * lanes, channel = 0;
      float *to = output + start + cell * lanes;
      for (; channel + 4 * LANES <= lanes; channel += 4 * LANES)
        sum_taps(map + start + channel, lanes, weights + channel, from, taps, count, 4, to + channel);
      for (; channel < lanes; channel += LANES)
        sum_taps(map + start + channel, lanes, weights + channel, from, taps, count, 1, to + channel);
    }
  }
}

// Mean 0 and deviation 1 over the channels of each cell; then, if there is a modulation, the scale and the shift of each
// channel of an image, (images, 2, lanes) with `apart` numbers from image to image; and SiLU if `activated`.
EXPORT(void, normalise)(const float *map, int images, int cells, int channels, int lanes, const float *modulation,
                        int apart, int activated, float *output) {
  for (int row = 0; row < images * cells; row++) {
    const float *from = map + row * lanes;
    int own = row / cells * apart; // where the modulation of this image lies
    v128_t sum = wasm_f32x4_splat(0), squares = wasm_f32x4_splat(0);
    for (int at = 0; at < lanes; at += LANES) sum = wasm_f32x4_add(sum, load(from + at));
    float average = sum_of(sum) / channels;
    v128_t mean = wasm_f32x4_splat(average);
    for (int at = 0; at < lanes; at += LANES) {
      v128_t off = wasm_f32x4_sub(load(from + at), mean);
      squares = times_plus(off, off, squares);
    }
    // Lanes without a channel hold 0, which is off by the mean.
    float variance = (sum_of(squares) - (lanes - channels) * average * average) / channels;
    v128_t factor = wasm_f32x4_splat(1 / __builtin_sqrtf(variance + 1e-5f));
    for (int at = 0; at < lanes; at += LANES) {
      v128_t value = wasm_f32x4_mul(wasm_f32x4_sub(load(from + at), mean), factor);
      if (modulation) value = times_plus(value, load(modulation + own + at), load(modulation + own + lanes + at));
      if (activated) value = silu(value);
      store(output + row * lanes + at, value);
    }
  }
}

// Every cell of a map added to the four cells of a map of twice the side that lie in it.
EXPORT(void, add_enlarged)(const float *small, int images, int side, int lanes, float *map) {
  for (int cell = 0; cell < images * 4 * side * side; cell++) {
    int image = cell / (4 * side * side), y = cell / (2 * side) % (2 * side) / 2, x = cell % (2 * side) / 2;
    const float *from = small + ((image * side + y) * side + x) * lanes;
    float *to = map + cell * lanes;
    for (int at = 0; at < lanes; at += LANES) store(to + at, wasm_f32x4_add(load(to + at), load(from + at)));
  }
}
