// target: what lies behind the tunnels. One process, any number of connections; prints its port on 127.0.0.1.
#define _GNU_SOURCE
#include "wire.h"
#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>

struct peer {
  int fd;
  size_t heard; // of the request
  struct request request;
  uint64_t left;
};

static int poller;
static char chunk[CHUNK];

static void drop(struct peer *peer) {
  close(peer->fd);
  free(peer);
}

static void watch(struct peer *peer, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = peer};
  must(epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &event), "epoll_ctl");
}

static void welcome(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    no_delay(fd);
    struct peer *peer = calloc(1, sizeof *peer);
    peer->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }
  if (errno != EAGAIN && errno != ECONNABORTED) must(-1, "accept");
}

static int would_block(ssize_t n) { return n < 0 && (errno == EAGAIN || errno == EINTR); }

static void answer(struct peer *peer, const void *bytes, size_t count) {
  if (send(peer->fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count && errno != EPIPE && errno != ECONNRESET) must(-1, "answer");
}

static void begin(struct peer *peer) {
  peer->left = peer->request.count;
  if (peer->request.kind == DOWN) watch(peer, EPOLLOUT);
  if (peer->request.kind == SHORT) answer(peer, "!", 1);
}

// The kernel drops the bytes without copying them (tcp(7), MSG_TRUNC).
static ssize_t swallow(struct peer *peer) {
  ssize_t n = recv(peer->fd, NULL, 4 * CHUNK, MSG_TRUNC);
  if (n <= 0) return n;
  peer->left -= n;
  if (peer->left == 0) answer(peer, &peer->request.count, sizeof peer->request.count);
  return n;
}

static ssize_t echo(struct peer *peer) {
  ssize_t n = recv(peer->fd, chunk, sizeof chunk, 0);
  if (n > 0) answer(peer, chunk, n);
  return n;
}

static ssize_t hear(struct peer *peer) {
  if (peer->heard < sizeof peer->request) {
    ssize_t n = recv(peer->fd, (char *)&peer->request + peer->heard, sizeof peer->request - peer->heard, 0);
    if (n > 0) peer->heard += n;
    if (n > 0 && peer->heard == sizeof peer->request) begin(peer);
    return n;
  }
  if (peer->request.kind == UP && peer->left > 0) return swallow(peer);
  if (peer->request.kind == ECHO) return echo(peer);
  // All was said: what is waited for is the end.
  return recv(peer->fd, chunk, sizeof chunk, 0);
}

static ssize_t speak(struct peer *peer) {
  ssize_t n = send(peer->fd, chunk, peer->left < CHUNK ? peer->left : CHUNK, MSG_NOSIGNAL);
  if (n > 0) peer->left -= n;
  if (n > 0 && peer->left == 0) watch(peer, EPOLLIN);
  return n;
}

static int listen_on_any_port(void) {
  struct sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  must(bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
  must(listen(fd, 4096), "listen");
  must(getsockname(fd, (struct sockaddr *)&at, &size), "getsockname");
  printf("port %d\n", ntohs(at.sin_port));
  fflush(stdout);
  return fd;
}

static void raise_limit(void) {
  struct rlimit files;
  must(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
  files.rlim_cur = files.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
}

int main(void) {
  raise_limit();
  poller = must(epoll_create1(0), "epoll_create");
  int listener = listen_on_any_port();
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  must(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
  for (struct epoll_event ready[64];;) {
    int count = epoll_wait(poller, ready, 64, -1);
    for (int i = 0; i < count; i++) {
      struct peer *peer = ready[i].data.ptr;
      if (peer == NULL) {
        welcome(listener);
        continue;
      }
      ssize_t n = ready[i].events & EPOLLOUT ? speak(peer) : hear(peer);
      if (n <= 0 && !would_block(n)) drop(peer);
    }
  }
}
