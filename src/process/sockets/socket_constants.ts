/** Numbers of sockets, <sys/socket.h>: the same on x86-64 and arm64. */

/** Families of addresses. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Kinds of sockets. */
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
/** Close-on-exec. */
export const SOCK_CLOEXEC = 0o2000000;
/** The flags of all sockets: non-blocking, close-on-exec. */
export const SOCK_FLAGS: number = SOCK_NONBLOCK | SOCK_CLOEXEC;

/** How something is sent or received: without waiting, */
export const MSG_DONTWAIT = 0x40;
/** and without a signal if the other side has gone. */
export const MSG_NOSIGNAL = 0x4000;
