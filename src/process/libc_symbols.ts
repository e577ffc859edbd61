/** The declarations of the bound libc functions. */

export const SYMBOLS = {
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
  sync_file_range: {
    parameters: ["i32", "i64", "i64", "u32"],
    result: "i32",
    nonblocking: true,
  },
  umask: { parameters: ["u32"], result: "u32" },
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  capget: { parameters: ["buffer", "buffer"], result: "i32" },
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  pwrite: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** They, bound. */
export type LibcSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Functions that only serving and streaming commands need: bound on demand. */
export const SOCKET_SYMBOLS = {
  // The third argument of `fcntl` above is a pointer.
  setDescriptorFlags: {
    name: "fcntl",
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  signal: { parameters: ["i32", "usize"], result: "usize" },
  "malloc_trim": { parameters: ["usize"], result: "i32" },
  // glibc has no function for it; by these no other calls are made.
  openat2: {
    name: "syscall",
    parameters: ["i64", "i64", "buffer", "buffer", "u64"],
    result: "i64",
  },
  // Nor has each for these.
  openTree: {
    name: "syscall",
    parameters: ["i64", "i64", "buffer", "u64"],
    result: "i64",
  },
  setMountAttributes: {
    name: "syscall",
    parameters: ["i64", "i64", "buffer", "u64", "buffer", "u64"],
    result: "i64",
  },
  moveMount: {
    name: "syscall",
    parameters: ["i64", "i64", "buffer", "i64", "buffer", "u64"],
    result: "i64",
  },
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_adddup2: {
    parameters: ["buffer", "i32", "i32"],
    result: "i32",
  },
  posix_spawn_file_actions_addchdir_np: {
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: {
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },
  // Returns an address, which is not possible otherwise after ffi is revoked.
  strdup: { parameters: ["buffer"], result: "u64" },
  free: { parameters: ["u64"], result: "void" },
  waitpid: {
    parameters: ["i32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
} as const;

/** Those of sockets, bound. */
export type SocketSymbols = Deno.DynamicLibrary<
  typeof SOCKET_SYMBOLS
>["symbols"];

/** Functions by their names, as `Deno.dlopen()` wants them. */
export type Functions = Readonly<Record<string, Deno.ForeignFunction>>;

/** They, bound. */
export type Bound<Table extends Functions> = Deno.DynamicLibrary<
  Table
>["symbols"];

type Call = (...args: readonly unknown[]) => unknown;

const LITTLE_ENDIAN = true; // as both architectures are

const READERS: Readonly<Record<string, (view: DataView) => number | bigint>> = {
  i32: (view) => view.getInt32(0, LITTLE_ENDIAN),
  u32: (view) => view.getUint32(0, LITTLE_ENDIAN),
  i64: (view) => view.getBigInt64(0, LITTLE_ENDIAN),
  u64: (view) => view.getBigUint64(0, LITTLE_ENDIAN),
  isize: (view) => view.getBigInt64(0, LITTLE_ENDIAN),
  usize: (view) => view.getBigUint64(0, LITTLE_ENDIAN),
};

/**
 * Declares results as structures to make binding faster: Deno compiles code for
 * each function, 0.2 ms, which reduces a call from 0.8 to 0.2 us, but not for
 * functions that return a structure. One of a single integer is returned as the
 * integer is: System V ABI for x86-64, 3.2.3; procedure calls on arm64, 6.9.
 */
export function wrapResults(table: Functions): Deno.ForeignLibraryInterface {
  return Object.fromEntries(
    Object.entries(table).map(([name, definition]) => {
      const { result } = definition;
      return result === "void" || readerOf(definition) === undefined
        ? [name, definition]
        : [name, { ...definition, result: { struct: [result] } }];
    }),
  );
}

/** Makes what was bound as `wrapResults()` has it the functions again. */
export function unwrapResults<Table extends Functions>(
  table: Table,
  symbols: Readonly<Record<string, unknown>>,
): Bound<Table> {
  const calls = Object.entries(table).map(([name, definition]) => {
    const read = readerOf(definition);
    const call = symbols[name];
    return [name, read && isCall(call) ? toCall(call, read) : call] as const;
  });
  // Each has the parameters and the result that the table says.
  return Object.fromEntries(calls) as Bound<Table>;
}

/** Undefined if it costs nothing, or returns nothing. */
function readerOf({ result, nonblocking }: Deno.ForeignFunction) {
  return nonblocking === true || typeof result !== "string"
    ? undefined
    : READERS[result];
}

function toCall(call: Call, read: (view: DataView) => number | bigint): Call {
  return (...args) => {
    const bytes = call(...args);
    if (!(bytes instanceof Uint8Array)) throw new TypeError("Cannot call libc");
    return read(new DataView(bytes.buffer, bytes.byteOffset));
  };
}

function isCall(value: unknown): value is Call {
  return typeof value === "function";
}

const encoder = new TextEncoder();

/**
 * Encodes a path for libc.
 *
 * @throws {TypeError} If it has a NUL.
 */
export function toCString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`Cannot use "${text}": NUL`);
  return encoder.encode(`${text}\0`);
}
