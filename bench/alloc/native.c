// The loops of loops.ts over malloc and free: same generator, same arrays, same first-word write.
// Usage: native PATTERN BYTE_LENGTHS LIVE_COUNT MIN_MILLISECONDS; prints one JSON line.
// Run plain it measures the C library; with LD_PRELOAD=libmimalloc.so.2 it measures mimalloc.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_COUNT = 1 << 20, STEP_MASK = STEP_COUNT - 1 };

static uint32_t slots[STEP_COUNT];
static uint16_t requests[STEP_COUNT];
static uint32_t checksum;
static uint32_t step;

static uint32_t next_random(void) {
  static uint32_t state = 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static uint16_t log_uniform(uint32_t bits) {
  double byte_length = 16, root = 256;
  for (int bit = 15; bit >= 0; bit--) {
    root = sqrt(root);
    if (bits & (1u << bit)) byte_length *= root;
  }
  return (uint16_t)floor(byte_length + 0.5);
}

static void draw_work(int fixed, uint32_t live_count) {
  for (int i = 0; i < STEP_COUNT; i++) {
    slots[i] = next_random() % live_count;
    requests[i] = log_uniform(next_random() >> 16);
    if (fixed) requests[i] = 64;
    checksum = checksum * 31 + slots[i] + requests[i];
  }
}

// The compiler may drop a malloc whose block nobody sees; this makes somebody see it.
static inline void escape(void *block) { __asm__ volatile("" : : "r"(block) : "memory"); }

static void replace_random(uint32_t **live, int op_count) {
  uint32_t at = step;
  for (int i = 0; i < op_count; i++) {
    uint32_t slot = slots[at];
    free(live[slot]);
    uint32_t *block = malloc(requests[at]);
    *block = at;
    escape(block);
    live[slot] = block;
    at = (at + 1) & STEP_MASK;
  }
  step = at;
}

static void pair_lifo(uint32_t **live, int op_count) {
  (void)live;
  uint32_t at = step;
  for (int i = 0; i < op_count; i++) {
    uint32_t *block = malloc(requests[at]);
    *block = at;
    escape(block);
    free(block);
    at = (at + 1) & STEP_MASK;
  }
  step = at;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: native PATTERN BYTE_LENGTHS LIVE MS\n"), 2;
  void (*round)(uint32_t **, int) = strcmp(argv[1], "random") == 0 ? replace_random : pair_lifo;
  uint32_t live_count = (uint32_t)atoi(argv[3]);
  double min_time = atof(argv[4]) * 1e6;
  draw_work(strcmp(argv[2], "64") == 0, live_count);

  uint32_t **live = malloc(live_count * sizeof *live);
  for (uint32_t i = 0; i < live_count; i++) {
    live[i] = malloc(requests[i & STEP_MASK]);
    *live[i] = i;
  }

  // As in case.ts: a warm-up, then the fastest of many rounds of at least half a millisecond.
  int op_count = 1;
  for (double started = now();;) {
    double round_started = now();
    round(live, op_count);
    if (now() - round_started < 0.5e6) op_count *= 2;
    else if (now() - started > min_time / 2) break;
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
