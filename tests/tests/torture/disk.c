/* A disk that fails: loaded before libc (LD_PRELOAD), it stands between a program and its files.
 *
 * FAULT_UNDER  only files below this folder
 * FAULT_KIND   what happens:
 *   full    from the FAULT_AT-th write on there is no space (ENOSPC)
 *   write   the FAULT_AT-th write fails (EIO); later ones work
 *   sync    the FAULT_AT-th fsync or fdatasync fails (EIO); later ones work
 *   read    the FAULT_AT-th read fails (EIO); later ones work
 *   short   the FAULT_AT-th write takes half of the bytes, which is allowed
 *   torn    the FAULT_AT-th write takes half of the bytes, and then the power is gone (SIGKILL)
 * FAULT_COUNTS a file in which writes, syncs and reads are counted: three numbers of eight bytes
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITES, SYNCS, READS };

static uint64_t own[3];
static uint64_t *counts = own;
static uint64_t at;
static const char *kind = "";
static const char *under;
static size_t under_length;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_read = dlsym(RTLD_NEXT, "read");
    real_pread = dlsym(RTLD_NEXT, "pread64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_rename = dlsym(RTLD_NEXT, "rename");
    const char *text = getenv("FAULT_AT");
    at = text ? strtoull(text, NULL, 10) : 0;
    kind = getenv("FAULT_KIND") ? getenv("FAULT_KIND") : "";
    const char *file = getenv("FAULT_COUNTS");
    int fd = file ? open(file, O_RDWR | O_CREAT, 0600) : -1;
    if (fd >= 0 && real_ftruncate(fd, sizeof own) == 0) {
        void *shared = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED) counts = shared;
    }
    if (fd >= 0) close(fd);
    under = getenv("FAULT_UNDER");
    under_length = under ? strlen(under) : 0;
}

static int watched(int fd) {
    char link[64], path[PATH_MAX];
    if (!under) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, under, under_length) == 0;
}

/* What becomes of a write: 0 it is done, -1 it fails, 1 half of it is done, 2 half of it is done and that was all. */
static int fate_of_write(void) {
    uint64_t count = __atomic_add_fetch(&counts[WRITES], 1, __ATOMIC_SEQ_CST);
    if (strcmp(kind, "full") == 0 && count >= at) return errno = ENOSPC, -1;
    if (count != at) return 0;
    if (strcmp(kind, "write") == 0) return errno = EIO, -1;
    if (strcmp(kind, "short") == 0) return 1;
    if (strcmp(kind, "torn") == 0) return 2;
    return 0;
}

static void power_cut(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

ssize_t write(int fd, const void *bytes, size_t length) {
    int fate = watched(fd) ? fate_of_write() : 0;
    if (fate < 0) return -1;
    ssize_t written = real_write(fd, bytes, fate && length > 1 ? length / 2 : length);
    if (fate == 2) power_cut();
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    int fate = watched(fd) ? fate_of_write() : 0;
    if (fate < 0) return -1;
    ssize_t written = real_pwrite(fd, bytes, fate && length > 1 ? length / 2 : length, offset);
    if (fate == 2) power_cut();
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    int fate = watched(fd) ? fate_of_write() : 0;
    if (fate < 0) return -1;
    /* Only the first part: a short write. */
    ssize_t written = real_writev(fd, parts, fate ? 1 : count);
    if (fate == 2) power_cut();
    return written;
}

int ftruncate64(int fd, off_t length) {
    int fate = watched(fd) ? fate_of_write() : 0;
    if (fate < 0) return -1;
    if (fate == 2) power_cut();
    return real_ftruncate(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int rename(const char *from, const char *to) {
    int fate = under && strncmp(from, under, under_length) == 0 ? fate_of_write() : 0;
    if (fate < 0) return -1;
    if (fate == 2) power_cut();
    return real_rename(from, to);
}

static int sync_with(int (*sync)(int), int fd) {
    if (watched(fd)) {
        uint64_t count = __atomic_add_fetch(&counts[SYNCS], 1, __ATOMIC_SEQ_CST);
        if (strcmp(kind, "sync") == 0 && count == at) return errno = EIO, -1;
    }
    return sync(fd);
}

int fsync(int fd) { return sync_with(real_fsync, fd); }
int fdatasync(int fd) { return sync_with(real_fdatasync, fd); }

static int read_fails(int fd) {
    if (!watched(fd)) return 0;
    uint64_t count = __atomic_add_fetch(&counts[READS], 1, __ATOMIC_SEQ_CST);
    return strcmp(kind, "read") == 0 && count == at;
}

ssize_t read(int fd, void *bytes, size_t length) {
    if (read_fails(fd)) return errno = EIO, -1;
    return real_read(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t offset) {
    if (read_fails(fd)) return errno = EIO, -1;
    return real_pread(fd, bytes, length, offset);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return pread64(fd, bytes, length, offset); }
