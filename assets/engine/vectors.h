// What all kernels of the engine share: vectors of four numbers, and the sums that take most of the time.

#include <wasm_simd128.h>

#define EXPORT(type, name) __attribute__((export_name(#name))) type name
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 4, CELLS = 4 };

INLINE v128_t load(const float *from) { return wasm_v128_load(from); }
INLINE void store(float *to, v128_t values) { wasm_v128_store(to, values); }
INLINE v128_t times_plus(v128_t a, v128_t b, v128_t c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), c); }

// Every output mixes all inputs of its cell: sums (cells, vectors) of rows (inputs) times weights (inputs, outputs).
// The numbers of cells and vectors are constants where it is called: the sums stay in registers.
INLINE void mix(const float *rows, int inputs, const float *weights, int outputs, int cells, int vectors,
                v128_t sums[CELLS][2]) {
  for (int c = 0; c < cells; c++)
    for (int v = 0; v < vectors; v++) sums[c][v] = wasm_f32x4_splat(0);
  for (int i = 0; i < inputs; i++)
    for (int v = 0; v < vectors; v++) {
      v128_t weight = load(weights + i * outputs + v * LANES);
      for (int c = 0; c < cells; c++)
        sums[c][v] = times_plus(wasm_v128_load32_splat(rows + c * inputs + i), weight, sums[c][v]);
    }
}
