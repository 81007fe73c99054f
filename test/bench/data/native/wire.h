// What the load and the target say to each other. Both ends are little programs in C, since they share the processor with
// what is measured: whatever they cost is missing there.
#pragma once
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind {
  UP = 'u',    // `count` bytes follow; answered with the count as it arrived
  DOWN = 'd',  // answered with `count` bytes
  ECHO = 'e',  // whatever follows comes back
  SHORT = 's', // answered with one byte
};

struct request {
  uint64_t kind;
  uint64_t count;
};

enum { CHUNK = 256 * 1024 };

static inline int must(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static inline void no_delay(int fd) {
  int on = 1;
  must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return at;
}
