/*
 * The machine code of Spawner.Code: starts a program as posix_spawn does (the caller stands still until the program is
 * loaded, memory is shared and not copied), and can place it into a cgroup at birth, which glibc before 2.39 cannot.
 *
 * It runs inside the host, in memory of its own: no libc, no relocations, no data. The child runs on the caller's stack,
 * below the caller's frame, with every signal blocked, and makes system calls only. Rebuild the bytes with ./spawn.sh.
 */

typedef unsigned long u64;

struct order {
    const char *program;      /* absolute path */
    char *const *argv;
    char *const *envp;
    const char *directory;    /* working directory */
    long cgroup;              /* directory descriptor of the cgroup, or -1 */
    long input;               /* becomes descriptor 0 */
    long output;              /* becomes 1 and 2 */
    long error;               /* out: errno of the step that failed in the child, or 0 */
    long step;                /* out: which step: 1 clone, 2 descriptors, 3 directory, 4 exec */
};

struct clone_args { u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
struct kernel_sigaction { void *handler; u64 flags; void *restorer; u64 mask; };

#define CALL static inline __attribute__((always_inline)) long
CALL call4(long n, long a, long b, long c, long d)
{
    long r;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return r;
}

enum { NR_write = 1, NR_sigaction = 13, NR_sigprocmask = 14, NR_dup2 = 33, NR_clone = 56, NR_execve = 59, NR_exit = 60, NR_chdir = 80,
       NR_setsid = 112, NR_clone3 = 435, NR_close_range = 436 };

static __attribute__((noinline, used, noreturn)) void child(struct order *o)
{
    struct kernel_sigaction plain = { 0, 0, 0, 0 };
    u64 none = 0;
    call4(NR_setsid, 0, 0, 0, 0);
    for (long signal = 1; signal <= 64; signal++)
        call4(NR_sigaction, signal, (long)&plain, 0, 8);
    o->step = 2;
    long r = call4(NR_dup2, o->input, 0, 0, 0);
    if (r >= 0) r = call4(NR_dup2, o->output, 1, 0, 0);
    if (r >= 0) r = call4(NR_dup2, o->output, 2, 0, 0);
    if (r >= 0) {
        call4(NR_close_range, 3, ~0u, 0, 0);
        o->step = 3;
        r = call4(NR_chdir, (long)o->directory, 0, 0, 0);
    }
    if (r >= 0) {
        o->step = 4;
        call4(NR_sigprocmask, 2, (long)&none, 0, 8);
        r = call4(NR_execve, (long)o->program, (long)o->argv, (long)o->envp, 0);
    }
    o->error = -r;
    for (;;) call4(NR_exit, 127, 0, 0, 0);
}

/* Answers the process id, or minus errno when the clone itself failed. */
__attribute__((section(".text.start"))) long spawn(struct order *o)
{
    u64 all = ~0ul, before;
    struct clone_args args;
    u64 *words = (u64 *)&args;
    for (unsigned i = 0; i < sizeof args / 8; i++) { words[i] = 0; __asm__ volatile("" ::: "memory"); }
    args.flags = 0x4000 | 0x100 | (o->cgroup >= 0 ? 0x200000000ul : 0);      /* VFORK | VM | INTO_CGROUP */
    args.exit_signal = 17;
    args.cgroup = o->cgroup >= 0 ? (u64)o->cgroup : 0;
    o->error = 0;
    o->step = 1;
    call4(NR_sigprocmask, 2, (long)&all, (long)&before, 8);
    long r = o->cgroup >= 0 ? NR_clone3 : NR_clone;                          /* clone3 is refused in some containers */
    long first = o->cgroup >= 0 ? (long)&args : (0x4000 | 0x100 | 17);
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %[o], %%rdi\n\t"
        "and $-16, %%rsp\n\t"
        "call child\n\t"
        "1:"
        : "+a"(r), "+D"(first)
        : "S"(o->cgroup >= 0 ? sizeof args : 0), "d"(0l), [o] "b"(o)
        : "rcx", "r8", "r10", "r11", "memory", "cc");
    call4(NR_sigprocmask, 2, (long)&before, 0, 8);
    return r;
}
