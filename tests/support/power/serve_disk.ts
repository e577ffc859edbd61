/**
 * A program that is a disk: a FUSE file system of two files, `disk`, which a loop
 * device can stand on, and `mark`. Each write to the disk, each flush of it, and each
 * mark goes to a log, in the order in which they are answered, so that the disk can
 * be made again as it was at any moment: see `block_log.ts`. It ends when its
 * file system is unmounted.
 *
 * Arguments: where to mount it, the disk's content, the log.
 */

import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { logHeader } from "./block_log.ts";
import {
  attributesBody,
  entryBody,
  type FuseNode,
  FuseRequest,
  initBody,
  MAX_WRITE_BYTES,
  Opcode,
  openBody,
  UNANSWERED,
  writeBody,
} from "./fuse_messages.ts";

const [directory = "", image = "", logPath = ""] = Deno.args;

const ROOT: FuseNode = { id: 1, kind: "directory", size: 0 };
const DISK: FuseNode = { id: 2, kind: "file", size: statSync(image).size };
const MARK: FuseNode = { id: 3, kind: "file", size: 0 };
const NODES = [ROOT, DISK, MARK];

const ENOENT = 2;
const ENOSYS = 38;
const MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8;
// Of fallocate(2): what makes a range read as zeros.
const ZEROES = 2 | 16;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  mount: {
    parameters: ["buffer", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
  },
});
const disk = openSync(image, "r+");
const log = openSync(logPath, "a");
serve(mountFuse());
closeSync(disk);
closeSync(log);

function mountFuse(): number {
  const fd = libc.open(toCString("/dev/fuse"), 2); // O_RDWR
  if (fd < 0) throw new Error("Cannot open /dev/fuse");
  const options = `fd=${fd},rootmode=40000,user_id=0,group_id=0`;
  const code = libc.mount(
    toCString("orlop-disk"),
    toCString(directory),
    toCString("fuse"),
    BigInt(MS_NOSUID_NODEV_NOEXEC),
    toCString(options),
  );
  if (code !== 0) throw new Error(`Cannot mount FUSE at "${directory}"`);
  return fd;
}

/** One after the other: the order of the log is that of the answers. */
function serve(fd: number): void {
  const buffer = new Uint8Array(MAX_WRITE_BYTES + 64 * 1024);
  for (;;) {
    const count = Number(libc.read(fd, buffer, BigInt(buffer.length)));
    if (count <= 0) {
      if (isMounted()) continue; // somebody took a request back
      return;
    }
    const request = new FuseRequest(buffer.subarray(0, count));
    if (UNANSWERED.has(request.opcode)) continue;
    const answer = answerTo(request);
    libc.write(fd, answer, BigInt(answer.length));
  }
}

function isMounted(): boolean {
  return Deno.readTextFileSync("/proc/self/mountinfo")
    .split("\n").some((line) => line.split(" ")[4] === directory);
}

function answerTo(request: FuseRequest): Uint8Array<ArrayBuffer> {
  const body = bodyFor(request);
  const answer = typeof body === "number"
    ? request.answer(body)
    : request.answer(0, body);
  return new Uint8Array(answer);
}

/** @returns What answers a request, or an error's number. */
function bodyFor(request: FuseRequest): Uint8Array | number {
  if (request.opcode === Opcode.initialize) return initBody();
  const node = NODES.find(({ id }) => id === request.node);
  if (node === undefined) return ENOENT;
  switch (request.opcode) {
    case Opcode.lookUp:
      if (request.name === "disk") return entryBody(DISK);
      return request.name === "mark" ? entryBody(MARK) : ENOENT;
    case Opcode.getAttributes:
    case Opcode.setAttributes:
      return attributesBody(node);
    case Opcode.open:
      return openBody();
    case Opcode.read:
      return read(node, request);
    case Opcode.write:
      return write(node, request);
    case Opcode.allocate:
      return zero(request);
    case Opcode.sync:
      if (node === DISK) writeSync(log, logHeader("flush", 0, 0));
      return new Uint8Array();
    case Opcode.release:
    case Opcode.flush:
      return new Uint8Array();
    default:
      return ENOSYS;
  }
}

function read(node: FuseNode, { offset, size }: FuseRequest): Uint8Array {
  if (node !== DISK) return new Uint8Array();
  const bytes = new Uint8Array(Math.min(size, DISK.size - offset));
  readSync(disk, bytes, 0, bytes.length, offset);
  return bytes;
}

function write(node: FuseNode, { offset, data }: FuseRequest): Uint8Array {
  if (node === DISK) writeSync(disk, data, 0, data.length, offset);
  const kind = node === DISK ? "write" : "mark";
  writeSync(log, logHeader(kind, offset, data.length));
  writeSync(log, data);
  return writeBody(data.length);
}

function zero(request: FuseRequest): Uint8Array | number {
  const { offset, length } = request;
  const mode = request.allocationMode;
  if ((mode & ZEROES) === 0) return ENOSYS;
  const chunk = new Uint8Array(Math.min(length, MAX_WRITE_BYTES));
  for (let at = 0; at < length; at += chunk.length) {
    const count = Math.min(chunk.length, length - at);
    writeSync(disk, chunk, 0, count, offset + at);
  }
  writeSync(log, logHeader("zero", offset, length));
  return new Uint8Array();
}

function toCString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
