// delay-line NETNS_A NETNS_B DEVICE MS: joins two network namespaces by a TUN device in each (both named DEVICE); what goes
// in at one end comes out at the other MS milliseconds later. Prints "ready" once both devices are there. It stands in for
// tc-netem(8), which not every kernel has. Packets pass as the kernel hands them over, up to 64 kB each and without
// checksums (IFF_VNET_HDR, TUNSETOFFLOAD), so the line itself costs little.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = sizeof(struct virtio_net_hdr_v1) + 64 * 1024, READS_A_TURN = 64 };

static const int64_t NEVER = INT64_MAX;

struct packet {
  struct packet *next;
  int64_t due; // nanoseconds
  size_t size;
  char bytes[];
};

struct direction {
  int from, to;
  struct packet *first, **last;
};

static int must(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// The device stays in the namespace in which it was made.
static int open_device(const char *netns, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/var/run/netns/%s", netns);
  int there = must(open(path, O_RDONLY | O_CLOEXEC), path);
  must(setns(there, CLONE_NEWNET), "setns");
  close(there);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int fd = must(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  must(ioctl(fd, TUNSETIFF, &request), "TUNSETIFF");
  must(ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), "TUNSETOFFLOAD");
  return fd;
}

static void take_in(struct direction *way, int64_t delay) {
  static char buffer[LARGEST];
  for (int i = 0; i < READS_A_TURN; i++) {
    ssize_t size = read(way->from, buffer, sizeof buffer);
    if (size <= 0) return;
    struct packet *packet = malloc(sizeof *packet + size);
    if (packet == NULL) must(-1, "malloc");
    *packet = (struct packet){.due = now() + delay, .size = size};
    memcpy(packet->bytes, buffer, size);
    *way->last = packet;
    way->last = &packet->next;
  }
}

// What the other end does not take is lost, as on any line.
static void let_out(struct direction *way) {
  for (struct packet *packet; (packet = way->first) != NULL && packet->due <= now();) {
    if (write(way->to, packet->bytes, packet->size) < 0 && errno != EIO) perror("a packet was lost");
    way->first = packet->next;
    if (way->first == NULL) way->last = &way->first;
    free(packet);
  }
}

static int64_t next_due(const struct direction *ways) {
  int64_t due = NEVER;
  for (int i = 0; i < 2; i++) {
    if (ways[i].first != NULL && ways[i].first->due < due) due = ways[i].first->due;
  }
  return due;
}

static void sleep_until_work(const struct direction *ways) {
  struct pollfd devices[2] = {{.fd = ways[0].from, .events = POLLIN}, {.fd = ways[1].from, .events = POLLIN}};
  int64_t due = next_due(ways), left = due - now();
  if (left < 0) left = 0;
  struct timespec wait = {.tv_sec = left / 1000000000LL, .tv_nsec = left % 1000000000LL};
  ppoll(devices, 2, due == NEVER ? NULL : &wait, NULL);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: delay-line NETNS_A NETNS_B DEVICE MS\n");
    return 2;
  }
  int a = open_device(argv[1], argv[3]), b = open_device(argv[2], argv[3]);
  int64_t delay = atof(argv[4]) * 1e6;
  struct direction ways[2] = {{.from = a, .to = b}, {.from = b, .to = a}};
  for (int i = 0; i < 2; i++) ways[i].last = &ways[i].first;
  // Timers are otherwise rounded up by 50 microseconds (prctl(2)).
  prctl(PR_SET_TIMERSLACK, 1UL);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    sleep_until_work(ways);
    for (int i = 0; i < 2; i++) take_in(&ways[i], delay);
    for (int i = 0; i < 2; i++) let_out(&ways[i]);
  }
}
