/**
 * The program of pods' infra containers: waits, and ends when it is told to. The
 * first process of a PID namespace ignores signals without a handler, so it blocks
 * and waits for them; and it reaps orphans. The bytes are the text beside them,
 * assembled (GNU as, intel syntax).
 */

import { type Bytes, concatBytes } from "../formats/bytes.ts";

/** CPUs, in Go's terms, that there is a pause program for. */
export type PauseArchitecture = "amd64" | "arm64";

const AMD64 = `
                   _start:              # rt_sigprocmask(SIG_BLOCK, &set, 0, 8)
  488d3549000000     lea rsi, [rip + set]
  31ff               xor edi, edi
  31d2               xor edx, edx
  6a08               push 8
  415a               pop r10
  6a0e               push 14
  58                 pop rax
  0f05               syscall
                   wait:                # rt_sigtimedwait(&set, 0, 0, 8)
  488d3d35000000     lea rdi, [rip + set]
  31f6               xor esi, esi
  31d2               xor edx, edx
  6a08               push 8
  415a               pop r10
  b880000000         mov eax, 128
  0f05               syscall
  83f811             cmp eax, 17          # SIGCHLD
  740b               je reap
  85c0               test eax, eax
  78e1               js wait              # EINTR
  31ff               xor edi, edi         # exit(0)
  6a3c               push 60
  58                 pop rax
  0f05               syscall
                   reap:                # wait4(-1, 0, WNOHANG, 0)
  83cfff             or edi, -1
  31f6               xor esi, esi
  6a01               push 1
  5a                 pop rdx
  4531d2             xor r10d, r10d
  6a3d               push 61
  58                 pop rax
  0f05               syscall
  85c0               test eax, eax
  7fec               jg reap
  ebc4               jmp wait
                   set:                 # SIGINT, SIGTERM, SIGCHLD
  0240010000000000   .quad 0x14002
`;

const ARM64 = `
                   _start:              # rt_sigprocmask(SIG_BLOCK, &set, 0, 8)
  000080d2           mov x0, #0
  61030010           adr x1, set
  020080d2           mov x2, #0
  030180d2           mov x3, #8
  e81080d2           mov x8, #135
  010000d4           svc #0
                   wait:                # rt_sigtimedwait(&set, 0, 0, 8)
  c0020010           adr x0, set
  010080d2           mov x1, #0
  020080d2           mov x2, #0
  030180d2           mov x3, #8
  281180d2           mov x8, #137
  010000d4           svc #0
  1f440071           cmp w0, #17          # SIGCHLD
  a0000054           b.eq reap
  00ffff37           tbnz w0, #31, wait   # EINTR
  000080d2           mov x0, #0           # exit(0)
  a80b80d2           mov x8, #93
  010000d4           svc #0
                   reap:                # wait4(-1, 0, WNOHANG, 0)
  00008092           mov x0, #-1
  010080d2           mov x1, #0
  220080d2           mov x2, #1
  030080d2           mov x3, #0
  882080d2           mov x8, #260
  010000d4           svc #0
  1f000071           cmp w0, #0
  2cffff54           b.gt reap
  ecffff17           b wait
  1f2003d5           nop                  # aligns the set
                   set:                 # SIGINT, SIGTERM, SIGCHLD
  0240010000000000   .quad 0x14002
`;

// e_machine of ELF, and the largest page that kernels for it use, in bytes.
const MACHINES = {
  amd64: { code: AMD64, machine: 62, pageSize: 0x1000 },
  arm64: { code: ARM64, machine: 183, pageSize: 0x10000 },
} as const;

const FILE_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const HEADER_BYTES = FILE_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
// Where static programs are by custom; a multiple of each page size.
const BASE_ADDRESS = 0x400000;

/** Makes the pause program, a static ELF file. */
export function makePauseProgram(architecture: PauseArchitecture): Bytes {
  const { code, machine, pageSize } = MACHINES[architecture];
  const machineCode = assembled(code);
  const size = HEADER_BYTES + machineCode.byteLength;
  return concatBytes([
    fileHeader(machine),
    // PT_LOAD, readable and executable: the whole file.
    programHeader({ type: 1, flags: 5, size, align: pageSize }),
    // PT_GNU_STACK, readable and writable: no code on the stack.
    programHeader({ type: 0x6474e551, flags: 6, size: 0, align: 16 }),
    machineCode,
  ]);
}

/** The bytes in a listing: the first word of each line that is indented by 2. */
function assembled(listing: string): Bytes {
  const hex = [...listing.matchAll(/^ {2}([0-9a-f]+) /gm)]
    .map(([, digits = ""]) => digits)
    .join("");
  return Uint8Array.fromHex(hex);
}

/** ELF-64, little endian: the System V ABI, chapter 4. */
function fileHeader(machine: number): Bytes {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // Magic, 64 bit, version.
  view.setUint16(16, 2, LITTLE_ENDIAN); // e_type: an executable
  view.setUint16(18, machine, LITTLE_ENDIAN);
  view.setUint32(20, 1, LITTLE_ENDIAN); // e_version
  view.setUint32(24, BASE_ADDRESS + HEADER_BYTES, LITTLE_ENDIAN); // e_entry
  view.setUint32(32, FILE_HEADER_BYTES, LITTLE_ENDIAN); // e_phoff
  view.setUint16(52, FILE_HEADER_BYTES, LITTLE_ENDIAN); // e_ehsize
  view.setUint16(54, PROGRAM_HEADER_BYTES, LITTLE_ENDIAN); // e_phentsize
  view.setUint16(56, 2, LITTLE_ENDIAN); // e_phnum
  view.setUint16(58, 64, LITTLE_ENDIAN); // e_shentsize
  return header;
}

const LITTLE_ENDIAN = true;

function programHeader(
  { type, flags, size, align }: {
    readonly type: number;
    readonly flags: number;
    readonly size: number;
    readonly align: number;
  },
): Bytes {
  const header = new Uint8Array(PROGRAM_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const address = size === 0 ? 0 : BASE_ADDRESS;
  view.setUint32(0, type, LITTLE_ENDIAN);
  view.setUint32(4, flags, LITTLE_ENDIAN);
  view.setUint32(16, address, LITTLE_ENDIAN); // p_vaddr
  view.setUint32(24, address, LITTLE_ENDIAN); // p_paddr
  view.setUint32(32, size, LITTLE_ENDIAN); // p_filesz
  view.setUint32(40, size, LITTLE_ENDIAN); // p_memsz
  view.setUint32(48, align, LITTLE_ENDIAN);
  return header;
}
