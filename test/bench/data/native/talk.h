// How the load connects, speaks and hears, in calls that wait; whatever goes wrong ends the program.
#pragma once
#include "wire.h"
#include <time.h>

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static inline int try_connect(int port) {
  struct sockaddr_in at = loopback(port);
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) return -1;
  no_delay(fd);
  return fd;
}

static inline int connect_to(int port) { return must(try_connect(port), "connect"); }

static inline void say(int fd, const void *bytes, size_t count) {
  for (size_t said = 0; said < count;) said += must(send(fd, (const char *)bytes + said, count - said, MSG_NOSIGNAL), "send");
}

static inline void hear(int fd, void *bytes, size_t count) {
  for (size_t heard = 0; heard < count;) {
    ssize_t n = must(recv(fd, (char *)bytes + heard, count - heard, 0), "recv");
    if (n == 0) {
      fprintf(stderr, "the connection ended after %zu of %zu bytes\n", heard, count);
      exit(1);
    }
    heard += n;
  }
}
