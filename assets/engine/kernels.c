// The arithmetic of the network in the visitor's browser: convolutions, forwards and backwards, and the pen's lines.
//
// Maps lie as (height, width, channels), channels last and padded with zeros to whole vectors of four, so that one
// instruction does the same for four channels of a cell. A layer is
//
//     map = max(0, scale * (sum of inputs times weights) + shift + residual)
//
// where scale and shift are the norm. engine/layer_stack.js lays the maps out and calls one function a layer.
// python assets/engine/build.py compiles this file.

#include "vectors.h"

enum { MAX_TAPS = 15 * 15 };

// As engine/layer_stack.js writes it: 32 bits each.
typedef struct {
  int height, width, channels;                // of the map that is read
  int kernel, stride, dilation, padding;
  int out_height, out_width, out_channels;
  const float *input;                         // (height, width, channels)
  const float *weights;                       // dense (taps, channels, out_channels), depthwise (taps, channels)
  const float *transposed;                    // dense (out_channels, taps, channels), each row a whole patch
  const float *scale, *shift;                 // (out_channels); without scale, sums are left as they are
  const float *residual;                      // (out_height, out_width, out_channels), or none
  int rectified;
  float *output;                              // (out_height, out_width, out_channels)
} Layer;

// Norm, residual and activation of four channels of one output cell.
INLINE void finish(const Layer *l, int cell, int channel, v128_t sum) {
  int at = cell * l->out_channels + channel;
  if (l->scale) sum = times_plus(sum, load(l->scale + channel), load(l->shift + channel));
  if (l->residual) sum = wasm_f32x4_add(load(l->residual + at), sum);
  if (l->rectified) sum = wasm_f32x4_pmax(wasm_f32x4_splat(0), sum);
  store(l->output + at, sum);
}

// Windows ------------------------------------------------------------------------------------------------------------

// Which cells of the input an output cell has taps on, and which taps those are; returns how many.
static int taps_of(const Layer *l, int cell, int *cells, int *taps) {
  int top = cell / l->out_width * l->stride - l->padding, left = cell % l->out_width * l->stride - l->padding;
  int count = 0;
  for (int row = 0; row < l->kernel; row++) {
    int y = top + row * l->dilation;
    if (y < 0 || y >= l->height) continue;
    for (int column = 0; column < l->kernel; column++) {
      int x = left + column * l->dilation;
      if (x < 0 || x >= l->width) continue;
      cells[count] = y * l->width + x;
      taps[count++] = row * l->kernel + column;
    }
  }
  return count;
}

// A patch has one row a tap, rounded up to whole vectors.
static int patch_size(const Layer *l) {
  return (l->kernel * l->kernel * l->channels + LANES - 1) / LANES * LANES;
}

// What an output cell reads: (taps, channels), 0 in the padding.
static void gather(const Layer *l, int cell, float *patch) {
  int cells[MAX_TAPS], taps[MAX_TAPS], count = taps_of(l, cell, cells, taps), size = patch_size(l);
  for (int i = 0; i < size; i++) patch[i] = 0;
  for (int tap = 0; tap < count; tap++)
    for (int channel = 0; channel < l->channels; channel++)
      patch[taps[tap] * l->channels + channel] = l->input[cells[tap] * l->channels + channel];
}

// The other way: what has come to a patch is added to the cells that it was read from.
static void scatter(const Layer *l, int cell, const float *patch, float *gradient) {
  int cells[MAX_TAPS], taps[MAX_TAPS], count = taps_of(l, cell, cells, taps);
  for (int tap = 0; tap < count; tap++)
    for (int channel = 0; channel < l->channels; channel++)
      gradient[cells[tap] * l->channels + channel] += patch[taps[tap] * l->channels + channel];
}

// Forwards -----------------------------------------------------------------------------------------------------------

INLINE void mix_cells(const Layer *l, int cell, int cells, const float *rows, int inputs) {
  v128_t sums[CELLS][2];
  int channel = 0;
  for (; channel + 2 * LANES <= l->out_channels; channel += 2 * LANES) {
    mix(rows, inputs, l->weights + channel, l->out_channels, cells, 2, sums);
    for (int c = 0; c < cells; c++)
      for (int v = 0; v < 2; v++) finish(l, cell + c, channel + v * LANES, sums[c][v]);
  }
  if (channel < l->out_channels) {
    mix(rows, inputs, l->weights + channel, l->out_channels, cells, 1, sums);
    for (int c = 0; c < cells; c++) finish(l, cell + c, channel, sums[c][0]);
  }
}

// Convolution whose outputs mix all channels: standard, pointwise (its patch is the cell itself) and, on a map of one
// cell, linear. `patches` has room for CELLS patches.
EXPORT(void, dense)(const Layer *l, float *patches) {
  int cells = l->out_height * l->out_width, inputs = l->kernel * l->kernel * l->channels;
  int itself = l->kernel == 1 && l->stride == 1;
  for (int cell = 0, count; cell < cells; cell += count) {
    count = cell + CELLS <= cells ? CELLS : 1;
    const float *rows = itself ? l->input + cell * l->channels : patches;
    // The rows of several patches follow each other without the rounding, which a later gather would overwrite.
    for (int c = 0; !itself && c < count; c++) gather(l, cell + c, patches + c * inputs);
    if (count == CELLS) mix_cells(l, cell, CELLS, rows, inputs);
    else mix_cells(l, cell, 1, rows, inputs);
  }
}

// Some channels of one cell, each the sum of its own taps. The number of vectors is a constant, as for `mix`.
INLINE void sum_taps(const Layer *l, int cell, int channel, int vectors, const int *from, const int *taps, int count) {
  v128_t sums[4];
  for (int v = 0; v < vectors; v++) sums[v] = wasm_f32x4_splat(0);
  for (int tap = 0; tap < count; tap++) {
    const float *input = l->input + from[tap] * l->channels + channel;
    const float *weights = l->weights + taps[tap] * l->channels + channel;
    for (int v = 0; v < vectors; v++)
      sums[v] = times_plus(load(input + v * LANES), load(weights + v * LANES), sums[v]);
  }
  for (int v = 0; v < vectors; v++) finish(l, cell, channel + v * LANES, sums[v]);
}

// Convolution of each channel by itself.
EXPORT(void, depthwise)(const Layer *l) {
  int cells = l->out_height * l->out_width, from[MAX_TAPS], taps[MAX_TAPS];
  for (int cell = 0; cell < cells; cell++) {
    int count = taps_of(l, cell, from, taps), channel = 0;
    for (; channel + 4 * LANES <= l->channels; channel += 4 * LANES)
      sum_taps(l, cell, channel, 4, from, taps, count);
    for (; channel < l->channels; channel += LANES) sum_taps(l, cell, channel, 1, from, taps, count);
  }
}

// Some channels of every cell, to a map of other channels: (cells, from_lanes) -> (cells, to_lanes).
EXPORT(void, copy_channels)(const float *from, int from_lanes, int cells, int channels, float *to, int to_lanes) {
  for (int cell = 0; cell < cells; cell++, from += from_lanes, to += to_lanes) {
#pragma clang loop vectorize(disable) unroll(disable) // it is small beside the rest, and stays so in bytes
    for (int channel = 0; channel < channels; channel++) to[channel] = from[channel];
  }
}

// The mean of each channel: (cells, channels) -> (channels).
EXPORT(void, pool)(const float *map, int cells, int channels, float *means) {
  for (int channel = 0; channel < channels; channel += LANES) {
    v128_t sum = wasm_f32x4_splat(0);
    for (int cell = 0; cell < cells; cell++) sum = wasm_f32x4_add(sum, load(map + cell * channels + channel));
    store(means + channel, wasm_f32x4_div(sum, wasm_f32x4_splat(cells)));
  }
}

// Backwards, from an output to the input -----------------------------------------------------------------------------
//
// Gradients are those of one number, some cell's; where it looks they are not 0, and there are few such places.

static int is_zero(const float *values, int count) {
  v128_t any = wasm_f32x4_splat(0);
  for (int i = 0; i < count; i += LANES) any = wasm_v128_or(any, wasm_f32x4_ne(load(values + i), wasm_f32x4_splat(0)));
  return !wasm_v128_any_true(any);
}

// Through the activation: what is off passes nothing on. (count)
EXPORT(void, rectified_back)(const float *map, int count, float *gradient) {
  for (int i = 0; i < count; i += LANES)
    store(gradient + i, wasm_v128_and(load(gradient + i), wasm_f32x4_gt(load(map + i), wasm_f32x4_splat(0))));
}

// Through the norm. (cells, channels)
EXPORT(void, norm_back)(const float *scale, int cells, int channels, float *gradient) {
  for (int at = 0; at < cells * channels; at += LANES)
    store(gradient + at, wasm_f32x4_mul(load(gradient + at), load(scale + at % channels)));
}

// Through `dense`: `gradient` of its sums is added, through the weights, to `before`, that of its input.
EXPORT(void, dense_back)(const Layer *l, const float *gradient, float *patch, float *before) {
  int cells = l->out_height * l->out_width, size = patch_size(l);
  for (int cell = 0; cell < cells; cell++) {
    const float *row = gradient + cell * l->out_channels;
    if (is_zero(row, l->out_channels)) continue;
    v128_t sums[CELLS][2];
    for (int i = 0; i < size; i += LANES) {
      mix(row, l->out_channels, l->transposed + i, size, 1, 1, sums);
      store(patch + i, sums[0][0]);
    }
    scatter(l, cell, patch, before);
  }
}

// Through `depthwise`.
EXPORT(void, depthwise_back)(const Layer *l, const float *gradient, float *before) {
  int cells = l->out_height * l->out_width, to[MAX_TAPS], taps[MAX_TAPS];
  for (int cell = 0; cell < cells; cell++) {
    const float *row = gradient + cell * l->channels;
    if (is_zero(row, l->channels)) continue;
    int count = taps_of(l, cell, to, taps);
    for (int tap = 0; tap < count; tap++)
      for (int channel = 0; channel < l->channels; channel += LANES) {
        float *at = before + to[tap] * l->channels + channel;
        store(at, times_plus(load(row + channel), load(l->weights + taps[tap] * l->channels + channel), load(at)));
      }
  }
}

// Through `pool`.
EXPORT(void, pool_back)(const float *gradient, int cells, int channels, float *before) {
  for (int at = 0; at < cells * channels; at += LANES)
    store(before + at, wasm_f32x4_div(load(gradient + at % channels), wasm_f32x4_splat(cells)));
}

// Looking ------------------------------------------------------------------------------------------------------------

// A map as bytes, channel by channel, of which 255 stands for its largest value; what is above 0 stays above 0. `counts`
// (256) says how many cells have each byte. Returns the largest value.
EXPORT(float, levels)(const float *map, int cells, int lanes, int channels, unsigned char *bytes, int *counts) {
  float largest = 0;
  for (int at = 0; at < cells * lanes; at++) largest = map[at] > largest ? map[at] : largest;
  float scale = largest > 0 ? 255 / largest : 0;
  for (int byte = 0; byte < 256; byte++) counts[byte] = 0;
  for (int cell = 0; cell < cells; cell++)
    for (int channel = 0; channel < channels; channel++) {
      float value = map[cell * lanes + channel];
      int byte = value > 0 ? (int)__builtin_rintf(value * scale) : 0;
      byte = value > 0 && byte < 1 ? 1 : byte;
      bytes[channel * cells + cell] = byte;
      counts[byte]++;
    }
  return largest;
}

// The drawing --------------------------------------------------------------------------------------------------------

// Lines of a round pen: the ink of a pixel, from 0 to 1, by its centre's distance to the nearest segment, as
// model/drawing/strokes.py draws it. Segments are (count, 4): x and y of the start and of the end, in pixels.
// A segment is worked on as {x, y, along x, along y, 1 / length squared}, for which `room` is (count, 5).
EXPORT(void, draw_lines)(const float *segments, int count, int side, float pen, float edge, float *room, float *ink) {
  for (int i = 0; i < count; i++) {
    const float *from = segments + 4 * i;
    float *to = room + 5 * i, along = from[2] - from[0], down = from[3] - from[1];
    float squared_length = along * along + down * down;
    to[0] = from[0], to[1] = from[1], to[2] = along, to[3] = down;
    to[4] = 1 / (squared_length > 0 ? squared_length : 1);
  }
  v128_t zero = wasm_f32x4_splat(0), one = wasm_f32x4_splat(1);
  for (int pixel = 0; pixel < side * side; pixel += LANES) {
    float left = pixel % side + 0.5f;
    v128_t centre_x = wasm_f32x4_make(left, left + 1, left + 2, left + 3);
    v128_t centre_y = wasm_f32x4_splat(pixel / side + 0.5f);
    v128_t nearest = wasm_f32x4_splat(__builtin_inff());
    for (int i = 0; i < count; i++) {
      const float *s = room + 5 * i;
      v128_t along = wasm_v128_load32_splat(s + 2), down = wasm_v128_load32_splat(s + 3);
      v128_t inverse = wasm_v128_load32_splat(s + 4);
      v128_t x = wasm_f32x4_sub(centre_x, wasm_v128_load32_splat(s));
      v128_t y = wasm_f32x4_sub(centre_y, wasm_v128_load32_splat(s + 1));
      // The place t from 0 to 1 on the segment that is nearest; a segment without length is its start.
      v128_t t = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_mul(x, along), inverse),
                                wasm_f32x4_mul(wasm_f32x4_mul(y, down), inverse));
      t = wasm_f32x4_pmin(one, wasm_f32x4_pmax(zero, t));
      v128_t dx = wasm_f32x4_sub(x, wasm_f32x4_mul(t, along)), dy = wasm_f32x4_sub(y, wasm_f32x4_mul(t, down));
      nearest = wasm_f32x4_pmin(nearest, wasm_f32x4_add(wasm_f32x4_mul(dx, dx), wasm_f32x4_mul(dy, dy)));
    }
    v128_t depth = wasm_f32x4_sub(wasm_f32x4_splat(pen / 2), wasm_f32x4_sqrt(nearest));
    depth = wasm_f32x4_add(wasm_f32x4_div(depth, wasm_f32x4_splat(edge)), wasm_f32x4_splat(0.5f));
    store(ink + pixel, wasm_f32x4_pmin(one, wasm_f32x4_pmax(zero, depth)));
  }
}
