import { assertEquals } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { concatBytes } from "../../src/formats/bytes.ts";
import {
  applyCut,
  type Cut,
  type LogEntry,
  logHeader,
  readLog,
} from "../support/power/block_log.ts";
import { tempDir } from "../support/temp_dir.ts";

const SECTOR = 4096;
const LOG: readonly LogEntry[] = [
  { kind: "mark", text: "begun" },
  { kind: "write", offset: 0, data: filled(1, 2) },
  { kind: "flush" },
  { kind: "write", offset: SECTOR, data: filled(2, 2) },
  { kind: "zero", offset: 0, length: SECTOR },
  { kind: "mark", text: "done" },
  { kind: "flush" },
];

function filled(byte: number, sectors: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sectors * SECTOR).fill(byte);
}

/** The first byte of each sector, after a cut. */
function after(cut: Cut): readonly (number | undefined)[] {
  using dir = tempDir();
  const path = dir.join("disk");
  writeFileSync(path, filled(9, 3));
  applyCut(path, LOG, cut);
  const bytes = readFileSync(path);
  return [0, 1, 2].map((sector) => bytes[sector * SECTOR]);
}

Deno.test("a log is read as it was written, but for a torn end", () => {
  using dir = tempDir();
  const parts = LOG.flatMap((entry): Uint8Array[] => {
    switch (entry.kind) {
      case "write":
        return [
          logHeader("write", entry.offset, entry.data.length),
          entry.data,
        ];
      case "mark": {
        const text = new TextEncoder().encode(entry.text);
        return [logHeader("mark", 0, text.length), text];
      }
      case "zero":
        return [logHeader("zero", entry.offset, entry.length)];
      case "flush":
        return [logHeader("flush", 0, 0)];
    }
  });
  const torn = logHeader("flush", 0, 0).subarray(0, 5);
  const path = dir.join("log");
  writeFileSync(path, concatBytes([...parts, torn]));
  assertEquals(readLog(path), LOG);
});

Deno.test("a cut keeps what was flushed, and of the rest what is asked for", async (t) => {
  const none = () => false;
  const all = () => true;
  const cases: readonly (readonly [string, Cut, readonly number[]])[] = [
    ["before anything", { at: 0, keeps: all }, [9, 9, 9]],
    ["unflushed, nothing kept", { at: 2, keeps: none }, [9, 9, 9]],
    ["unflushed, all kept", { at: 2, keeps: all }, [1, 1, 9]],
    ["flushed", { at: 3, keeps: none }, [1, 1, 9]],
    ["after a flush, nothing kept", { at: 6, keeps: none }, [1, 1, 9]],
    ["after a flush, all kept", { at: 6, keeps: all }, [0, 2, 2]],
    ["torn", { at: 6, keeps: everySecond() }, [0, 2, 9]],
    ["all flushed", { at: 7, keeps: none }, [0, 2, 2]],
  ];
  for (const [name, cut, expected] of cases) {
    await t.step(name, () => assertEquals(after(cut), expected));
  }
});

function everySecond(): () => boolean {
  let count = 0;
  return () => count++ % 2 === 0;
}
