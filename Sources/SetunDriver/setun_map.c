/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include "setun_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum setun_result setun_map(struct setun_window *window, const char *path, uint64_t offset) {
  int file, reason;
  void *address;

  window->words = NULL;
  window->bytes = 0;
  /* O_SYNC makes /dev/mem give memory that is not cached. */
  file = open(path, O_RDWR | O_SYNC);
  if (file < 0) return SETUN_MAPPING;
  address = mmap(NULL, SETUN_ADDRESS_SPACE, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)offset);
  reason = errno;
  /* The mapping stays without the descriptor. */
  close(file);
  if (address == MAP_FAILED) {
    errno = reason;
    return SETUN_MAPPING;
  }
  window->words = address;
  window->bytes = SETUN_ADDRESS_SPACE;
  return SETUN_OK;
}

void setun_unmap(struct setun_window *window) {
  if (window->words != NULL) munmap((void *)window->words, window->bytes);
  window->words = NULL;
  window->bytes = 0;
}

static int window_read32(void *context, uint32_t offset, uint32_t *value) {
  const struct setun_window *window = context;

  *value = window->words[offset / 4];
  return 0;
}

static int window_write32(void *context, uint32_t offset, uint32_t value) {
  const struct setun_window *window = context;

  window->words[offset / 4] = value;
  return 0;
}

struct setun_transport setun_window_transport(struct setun_window *window) {
  struct setun_transport transport;

  transport.context = window;
  transport.read32 = window_read32;
  transport.write32 = window_write32;
  transport.wait = NULL;
  return transport;
}
