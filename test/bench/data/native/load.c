// load: asks the target for work through tunnels on 127.0.0.1 and prints what it took as one line of JSON.
//   load up|down PORT[,PORT...] STREAMS BYTES   bytes of each stream, the streams spread over the ports
//   load short PORT AT_ONCE SECONDS             connect, ask, hear one byte, close
//   load pieces PORT SECONDS                    the same one after the other, the request written in two pieces
//   load ping PORT SECONDS                      one byte there and back, on one connection
//   load beside up|down BULK_PORT PORT SECONDS  the same while another stream is under way
//   load hold PORT COUNT                        opens connections, each answered once, says how many it got, and keeps them
#define _GNU_SOURCE
#include "talk.h"
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_SAMPLES = 1 << 20, MOST_PORTS = 64, WARM_UP = 20, FEWEST = 20, AT_ONCE = 200 };

struct worker {
  pthread_t thread;
  int port;
  struct request request;
  double until;
  double *samples;
  size_t count;
  _Atomic uint64_t moved; // bytes so far
};

static void *upload(void *arg) {
  struct worker *worker = arg;
  static const char chunk[CHUNK];
  int fd = connect_to(worker->port);
  say(fd, &worker->request, sizeof worker->request);
  for (uint64_t left = worker->request.count; left > 0;) {
    size_t n = left < CHUNK ? left : CHUNK;
    say(fd, chunk, n);
    left -= n;
    worker->moved += n;
  }
  uint64_t arrived;
  hear(fd, &arrived, sizeof arrived);
  if (arrived != worker->request.count) {
    fprintf(stderr, "%llu bytes arrived\n", (unsigned long long)arrived);
    exit(1);
  }
  close(fd);
  return NULL;
}

// The kernel drops the bytes without copying them (tcp(7), MSG_TRUNC).
static void *download(void *arg) {
  struct worker *worker = arg;
  int fd = connect_to(worker->port);
  say(fd, &worker->request, sizeof worker->request);
  for (uint64_t left = worker->request.count; left > 0;) {
    ssize_t n = must(recv(fd, NULL, left < 4 * CHUNK ? left : 4 * CHUNK, MSG_TRUNC), "recv");
    if (n == 0) {
      fprintf(stderr, "the connection ended %llu bytes early\n", (unsigned long long)left);
      exit(1);
    }
    left -= n;
    worker->moved += n;
  }
  close(fd);
  return NULL;
}

static void note(struct worker *worker, double seconds) {
  if (worker->count < MOST_SAMPLES) worker->samples[worker->count++] = seconds;
}

static void *short_ones(void *arg) {
  struct worker *worker = arg;
  for (double start = now(); start < worker->until; start = now()) {
    char byte;
    int fd = connect_to(worker->port);
    say(fd, &worker->request, sizeof worker->request);
    hear(fd, &byte, 1);
    close(fd);
    note(worker, now() - start);
  }
  return NULL;
}

// With both pieces under way at once and each answered, sshd's second small packet waits for the first one's ACK (Nagle),
// and the client's kernel delays that ACK. Written without a pause the pieces mostly travel as one.
static void *two_pieces(void *arg) {
  struct worker *worker = arg;
  struct { struct request request; char rest[64]; } first = {.request = worker->request};
  struct timespec pause = {.tv_nsec = 100 * 1000};
  for (double start = now(); start < worker->until; start = now()) {
    char answer[2 * sizeof first.rest];
    int fd = connect_to(worker->port);
    say(fd, &first, sizeof first);
    nanosleep(&pause, NULL);
    say(fd, first.rest, sizeof first.rest);
    hear(fd, answer, sizeof answer);
    close(fd);
    note(worker, now() - start);
  }
  return NULL;
}

static void *ping(void *arg) {
  struct worker *worker = arg;
  char byte = '.';
  int fd = connect_to(worker->port);
  say(fd, &worker->request, sizeof worker->request);
  for (int i = 0; i < WARM_UP; i++) {
    say(fd, &byte, 1);
    hear(fd, &byte, 1);
  }
  for (double start = now(); start < worker->until || worker->count < FEWEST; start = now()) {
    say(fd, &byte, 1);
    hear(fd, &byte, 1);
    note(worker, now() - start);
  }
  close(fd);
  return NULL;
}

static size_t hold_more(int port, size_t count) {
  struct request request = {.kind = SHORT};
  char byte;
  int fds[AT_ONCE];
  size_t asked = 0, answered = 0;
  while (asked < count && (fds[asked] = try_connect(port)) >= 0) {
    if (send(fds[asked++], &request, sizeof request, MSG_NOSIGNAL) < 0) break;
  }
  for (size_t i = 0; i < asked; i++) answered += recv(fds[i], &byte, 1, 0) == 1;
  return answered;
}

// As many as there are to be had: the first one that is not answered is the limit that is looked for. Several are asked for
// at once, since sshd looks at all of its channels for each packet.
static void hold(int port, size_t count) {
  size_t held = 0, more, wanted;
  do {
    wanted = count - held < AT_ONCE ? count - held : AT_ONCE;
    more = hold_more(port, wanted);
    held += more;
  } while (more == wanted && held < count);
  printf("held %zu\n", held);
  fflush(stdout);
  pause();
}

static int by_size(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

static void print_latencies(struct worker *workers, int many, double seconds, uint64_t beside) {
  size_t count = 0;
  for (int i = 0; i < many; i++) count += workers[i].count;
  double *all = malloc((count + 1) * sizeof *all);
  size_t at = 0;
  for (int i = 0; i < many; i++) {
    memcpy(all + at, workers[i].samples, workers[i].count * sizeof *all);
    at += workers[i].count;
  }
  qsort(all, count, sizeof *all, by_size);
  if (count == 0) exit(1);
  printf("{\"count\":%zu,\"perSecond\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"bytes\":%llu,\"seconds\":%.6f}\n", count, count / seconds,
         all[count / 2] * 1e6, all[count * 99 / 100] * 1e6, (unsigned long long)beside, seconds);
}

static void start(struct worker *worker, void *(*work)(void *)) {
  must(-pthread_create(&worker->thread, NULL, work, worker), "pthread_create");
}

static double run(struct worker *workers, int many, void *(*work)(void *)) {
  double begun = now();
  for (int i = 0; i < many; i++) start(&workers[i], work);
  for (int i = 0; i < many; i++) pthread_join(workers[i].thread, NULL);
  return now() - begun;
}

static int ports_of(char *text, int *ports) {
  int count = 0;
  for (char *port = strtok(text, ","); port != NULL && count < MOST_PORTS; port = strtok(NULL, ",")) ports[count++] = atoi(port);
  return count;
}

static void bulk(char **argv) {
  int ports[MOST_PORTS];
  int many_ports = ports_of(argv[2], ports);
  int streams = atoi(argv[3]);
  uint64_t bytes = strtoull(argv[4], NULL, 10);
  int up = argv[1][0] == 'u';
  struct worker *workers = calloc(streams, sizeof *workers);
  for (int i = 0; i < streams; i++) {
    workers[i].port = ports[i % many_ports];
    workers[i].request = (struct request){.kind = up ? UP : DOWN, .count = bytes};
  }
  double seconds = run(workers, streams, up ? upload : download);
  printf("{\"bytes\":%llu,\"seconds\":%.6f}\n", (unsigned long long)bytes * streams, seconds);
}

static void latencies(char **argv, int many, void *(*work)(void *)) {
  enum kind kind = work == short_ones ? SHORT : ECHO;
  struct worker *workers = calloc(many, sizeof *workers);
  for (int i = 0; i < many; i++) {
    workers[i].port = atoi(argv[2]);
    workers[i].request.kind = kind;
    workers[i].until = now() + atof(argv[work == short_ones ? 4 : 3]);
    workers[i].samples = malloc(MOST_SAMPLES * sizeof(double));
  }
  print_latencies(workers, many, run(workers, many, work), 0);
}

// The other stream goes on until the process ends; it is under way once its first megabytes have passed.
static void beside(char **argv) {
  static struct worker bulk = {.request.count = 1ULL << 50};
  int up = argv[2][0] == 'u';
  bulk.port = atoi(argv[3]);
  bulk.request.kind = up ? UP : DOWN;
  start(&bulk, up ? upload : download);
  while (bulk.moved < 32 * 1000 * 1000) usleep(1000);
  struct worker pinger = {.port = atoi(argv[4]), .request.kind = ECHO, .samples = malloc(MOST_SAMPLES * sizeof(double))};
  pinger.until = now() + atof(argv[5]);
  uint64_t before = bulk.moved;
  double seconds = run(&pinger, 1, ping);
  print_latencies(&pinger, 1, seconds, bulk.moved - before);
  exit(0);
}

static void raise_limit(void) {
  struct rlimit files;
  must(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
  files.rlim_cur = files.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
}

int main(int argc, char **argv) {
  raise_limit();
  const char *mode = argc > 1 ? argv[1] : "";
  if (argc == 5 && (strcmp(mode, "up") == 0 || strcmp(mode, "down") == 0)) bulk(argv);
  else if (argc == 5 && strcmp(mode, "short") == 0) latencies(argv, atoi(argv[3]), short_ones);
  else if (argc == 4 && strcmp(mode, "pieces") == 0) latencies(argv, 1, two_pieces);
  else if (argc == 4 && strcmp(mode, "ping") == 0) latencies(argv, 1, ping);
  else if (argc == 6 && strcmp(mode, "beside") == 0) beside(argv);
  else if (argc == 4 && strcmp(mode, "hold") == 0) hold(atoi(argv[2]), strtoull(argv[3], NULL, 10));
  else {
    fprintf(stderr, "usage: see the head of load.c\n");
    return 2;
  }
  return 0;
}
