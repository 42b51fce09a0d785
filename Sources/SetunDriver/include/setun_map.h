/* SPDX-License-Identifier: Apache-2.0
 *
 * The control port as a window of the process's memory, on systems with POSIX mmap: Linux UIO or /dev/mem.
 */
#ifndef SETUN_MAP_H
#define SETUN_MAP_H

#include "setun.h"

#ifdef __cplusplus
extern "C" {
#endif

struct setun_window {
  volatile uint32_t *words;
  size_t bytes;
};

/* Maps the SETUN_ADDRESS_SPACE bytes of the control port.
 *
 * path:   a UIO device ("/dev/uio0"), or "/dev/mem".
 * offset: 0 for the first map of a UIO device (n pages for its map n), the physical address for /dev/mem; a multiple of the page size.
 *
 * SETUN_MAPPING when that is not possible, with the reason in errno. */
enum setun_result setun_map(struct setun_window *window, const char *path, uint64_t offset);

/* Gives the window back. */
void setun_unmap(struct setun_window *window);

/* The window as a transport; it must outlive what uses it. Accesses cannot fail. `wait` is null: set it for other than busy waiting. */
struct setun_transport setun_window_transport(struct setun_window *window);

#ifdef __cplusplus
}
#endif

#endif
