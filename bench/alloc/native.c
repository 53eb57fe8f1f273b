// The loops of loops.ts over malloc and free: same generator, same arrays, same first-word write.
// Usage: native PATTERN BYTE_LENGTHS LIVE_COUNT STEP_COUNT WARM_UP_OPS MIN_MILLISECONDS; prints one
// JSON line. Run plain it measures the C library; with LD_PRELOAD=libmimalloc.so.2, mimalloc.
//
// Where BYTE_LENGTHS is 64, the loops call malloc with the constant 64, and read no byte length: as
// the loops of a typed pool. (malloc itself is in a library, so it cannot be compiled for 64.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static uint32_t step_count; // a power of two
static uint32_t *slots;
static uint16_t *requests;
static uint32_t checksum;
static uint32_t step;

static uint32_t next_random(void) {
  static uint32_t state = 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static double roots[16];

static void draw_roots(void) {
  double root = 256;
  for (int bit = 15; bit >= 0; bit--) roots[bit] = root = sqrt(root);
}

static uint16_t log_uniform(uint32_t bits) {
  double byte_length = 16;
  for (int bit = 15; bit >= 0; bit--) {
    if (bits & (1u << bit)) byte_length *= roots[bit];
  }
  return (uint16_t)floor(byte_length + 0.5);
}

// Outside of the heap that is measured.
static void *map_array(size_t byte_length) {
  void *array = mmap(NULL, byte_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (array == MAP_FAILED) exit(3);
  return array;
}

static void draw_work(int fixed, uint32_t live_count) {
  slots = map_array(step_count * sizeof *slots);
  requests = map_array(step_count * sizeof *requests);
  for (uint32_t i = 0; i < step_count; i++) {
    slots[i] = next_random() % live_count;
    uint32_t bits = next_random() >> 16;
    requests[i] = fixed ? 64 : log_uniform(bits);
    checksum = checksum * 31 + slots[i] + requests[i];
  }
}

// The compiler may drop a malloc whose block nobody sees; this makes somebody see it.
static inline void escape(void *block) { __asm__ volatile("" : : "r"(block) : "memory"); }

// The loops are compiled twice: with `fixed` as 1 and as 0.
#define EACH_FIXED static inline __attribute__((always_inline)) void

EACH_FIXED replace_loop(uint32_t **live, int op_count, int fixed) {
  const uint32_t step_mask = step_count - 1;
  uint32_t at = step;
  for (int i = 0; i < op_count; i++) {
    uint32_t slot = slots[at];
    free(live[slot]);
    uint32_t *block = malloc(fixed ? 64 : requests[at]);
    *block = at;
    escape(block);
    live[slot] = block;
    at = (at + 1) & step_mask;
  }
  step = at;
}

EACH_FIXED pair_loop(int op_count, int fixed) {
  const uint32_t step_mask = step_count - 1;
  uint32_t at = step;
  for (int i = 0; i < op_count; i++) {
    uint32_t *block = malloc(fixed ? 64 : requests[at]);
    *block = at;
    escape(block);
    free(block);
    at = (at + 1) & step_mask;
  }
  step = at;
}

typedef void round_of(uint32_t **live, int op_count);

static void replace_mixed(uint32_t **live, int op_count) { replace_loop(live, op_count, 0); }
static void replace_fixed(uint32_t **live, int op_count) { replace_loop(live, op_count, 1); }
static void pair_mixed(uint32_t **live, int op_count) { (void)live, pair_loop(op_count, 0); }
static void pair_fixed(uint32_t **live, int op_count) { (void)live, pair_loop(op_count, 1); }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 7) return fprintf(stderr, "see the head of native.c\n"), 2;
  int fixed = strcmp(argv[2], "64") == 0;
  round_of *replace = fixed ? replace_fixed : replace_mixed;
  round_of *pair = fixed ? pair_fixed : pair_mixed;
  round_of *round = strcmp(argv[1], "random") == 0 ? replace : pair;
  uint32_t live_count = (uint32_t)atoi(argv[3]);
  step_count = (uint32_t)atoi(argv[4]);
  int warm_up_op_count = atoi(argv[5]);
  double min_time = atof(argv[6]) * 1e6;
  draw_roots();
  draw_work(fixed, live_count);

  uint32_t **live = map_array(live_count * sizeof *live);
  for (uint32_t i = 0; i < live_count; i++) {
    live[i] = malloc(requests[i & (step_count - 1)]);
    *live[i] = i;
  }

  // As in case.ts: a warm-up, then the fastest of many rounds of at least half a millisecond.
  int op_count = 1, total_op_count = 0;
  for (double started = now();;) {
    double round_started = now();
    round(live, op_count);
    total_op_count += op_count;
    if (now() - round_started < 0.5e6) op_count *= 2;
    else if (now() - started > min_time / 2 && total_op_count >= warm_up_op_count) break;
  }

  double fastest = INFINITY;
  for (double started = now(); now() - started < min_time;) {
    double round_started = now();
    round(live, op_count);
    fastest = fmin(fastest, now() - round_started);
  }

  int is_mimalloc = dlsym(RTLD_DEFAULT, "mi_version") != NULL;
#ifdef __GLIBC__
  const char *ran = is_mimalloc ? "mimalloc" : "glibc";
#else
  const char *ran = is_mimalloc ? "mimalloc" : "libc";
#endif
  printf("{\"nsPerOp\":%.4f,\"checksum\":%u,\"ran\":\"%s\"}\n",
         fastest / op_count, checksum, ran);
  return 0;
}
