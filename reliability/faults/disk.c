/*
 * A disk that fails, preloaded into a server (LD_PRELOAD). It stands between the process and the file system for every
 * file whose name has "poll-chat.db" in it, and remembers what the disk would really hold: what was written counts as
 * durable only after an fsync that succeeded. The first byte of the file POLL_CHAT_DISK says what happens:
 *
 *   k  keeps all promises
 *   e  fsync fails (EIO) and the pages stay in the cache as if they were clean, as on ext4: no later fsync writes them
 *   d  fsync fails (EIO) and the pages are dropped from the cache, as on XFS and btrfs: reads see the old content
 *   w  writing fails (EIO)
 *   c  at the next write or fsync the power goes: every 512-byte sector that is not durable is there or is not, by
 *      chance, and the process is killed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, SECTOR = 512, FILES = 32, BUCKETS = 65536 };

typedef struct Page {
  struct Page *next;
  int file;
  off64_t number;
  int dirty; /* the next fsync that succeeds makes it durable; else a failed fsync has made it look clean */
  char durable[PAGE];
} Page;

typedef struct {
  dev_t device;
  ino_t inode;
  int watched;
  off64_t durable_size;
  char path[512];
} File;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static File files[FILES];
static int file_count;
static Page *pages[BUCKETS];
static volatile char *mode;
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off64_t);

__attribute__((constructor)) static void begin(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  const char *control = getenv("POLL_CHAT_DISK");
  int fd = control ? open(control, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) mode = mapped;
  close(fd);
  srandom(getpid());
}

/* Its place among the files, or -1 when it is none of ours. An inode may be used again by a new file, which is empty. */
static int file_of(int fd) {
  struct stat64 info;
  if (mode == NULL || fstat64(fd, &info) != 0 || !S_ISREG(info.st_mode)) return -1;
  int place = 0;
  while (place < file_count && (files[place].device != info.st_dev || files[place].inode != info.st_ino)) place++;
  File *file = &files[place];
  if (place < file_count && info.st_size > 0) return file->watched ? place : -1;
  if (place == FILES) return -1;
  if (place == file_count) file_count++;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, file->path, sizeof file->path - 1);
  file->path[length > 0 ? length : 0] = 0;
  file->device = info.st_dev;
  file->inode = info.st_ino;
  file->watched = strstr(file->path, "poll-chat.db") != NULL;
  file->durable_size = info.st_size;
  return file->watched ? place : -1;
}

static Page **slot_of(int file, off64_t number) {
  Page **slot = &pages[(number * 31 + file) % BUCKETS];
  while (*slot && ((*slot)->file != file || (*slot)->number != number)) slot = &(*slot)->next;
  return slot;
}

/* Before a page changes: keeps what the disk holds of it. */
static void touch(int fd, int file, off64_t number) {
  Page **slot = slot_of(file, number);
  if (*slot == NULL) {
    *slot = calloc(1, sizeof(Page));
    (*slot)->file = file;
    (*slot)->number = number;
    if (pread64(fd, (*slot)->durable, PAGE, number * PAGE) < 0) abort();
  }
  (*slot)->dirty = 1;
}

static void touch_range(int fd, int file, off64_t from, off64_t to) {
  for (off64_t number = from / PAGE; number * PAGE < to; number++) touch(fd, file, number);
}

static void restore(int fd, Page *page, int chance) {
  for (int at = 0; at < PAGE; at += SECTOR)
    if (!chance || random() % 2) real_pwrite(fd, page->durable + at, SECTOR, page->number * PAGE + at);
}

static void synced(int fd, int file, char how) {
  for (int bucket = 0; bucket < BUCKETS; bucket++)
    for (Page **slot = &pages[bucket]; *slot;) {
      Page *page = *slot;
      int done = page->file == file && page->dirty && how != 'e';
      if (page->file == file && page->dirty && how == 'd') restore(fd, page, 0);
      if (page->file == file) page->dirty = 0;
      if (done) {
        *slot = page->next;
        free(page);
      } else
        slot = &page->next;
    }
  struct stat64 info;
  if (how == 'k' && fstat64(fd, &info) == 0) files[file].durable_size = info.st_size;
}

static void cut_power(void) {
  for (int file = 0; file < file_count; file++) {
    if (!files[file].watched) continue;
    int fd = open64(files[file].path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) continue; /* it was deleted */
    struct stat64 info;
    if (fstat64(fd, &info) != 0 || info.st_ino != files[file].inode) continue;
    for (int bucket = 0; bucket < BUCKETS; bucket++)
      for (Page *page = pages[bucket]; page; page = page->next)
        if (page->file == file) restore(fd, page, 1);
    if (random() % 2) real_ftruncate(fd, files[file].durable_size);
    close(fd);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  pthread_mutex_lock(&lock);
  int file = file_of(fd);
  if (file >= 0) {
    if (*mode == 'c') cut_power();
    if (*mode == 'w') {
      pthread_mutex_unlock(&lock);
      errno = EIO;
      return -1;
    }
    touch_range(fd, file, offset, offset + length);
  }
  ssize_t written = real_pwrite(fd, bytes, length, offset);
  pthread_mutex_unlock(&lock);
  return written;
}

int ftruncate64(int fd, off64_t size) {
  pthread_mutex_lock(&lock);
  int file = file_of(fd);
  struct stat64 info;
  if (file >= 0 && fstat64(fd, &info) == 0) touch_range(fd, file, size, info.st_size);
  int result = real_ftruncate(fd, size);
  pthread_mutex_unlock(&lock);
  return result;
}

static int sync_with(int (*real)(int), int fd) {
  pthread_mutex_lock(&lock);
  int file = file_of(fd);
  char how = file >= 0 ? *mode : 'k';
  if (how == 'c') cut_power();
  int result = 0;
  if (how == 'e' || how == 'd') {
    errno = EIO;
    result = -1;
  } else
    result = real(fd);
  int fault = errno;
  if (file >= 0) synced(fd, file, result == 0 ? 'k' : how);
  pthread_mutex_unlock(&lock);
  errno = fault;
  return result;
}

int fsync(int fd) { return sync_with(real_fsync, fd); }
int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }
