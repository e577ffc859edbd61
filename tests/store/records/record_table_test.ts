import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import {
  DamagedStoreError,
  UnsupportedStoreError,
} from "../../../src/errors/store_errors.ts";
import {
  parseLayerRecords,
  type StoreRecord,
} from "../../../src/formats/storage/store_record.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import { acquireLock } from "../../../src/store/records/lock.ts";
import { TableBytes } from "../../../src/formats/storage/table_bytes.ts";
import { RecordCache } from "../../../src/store/records/record_cache.ts";
import {
  backupOf,
  type TableFiles,
} from "../../../src/store/records/record_files.ts";
import { RecordTable } from "../../../src/store/records/record_table.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";

const libc = takeLibc();
const created = "2026-11-24T06:35:19Z";

async function openTable(
  dir: TempDir,
  options: Partial<TableFiles<StoreRecord>> = {},
): Promise<RecordTable<StoreRecord>> {
  const lock = await acquireLock(dir.join("lock"), "write", { libc });
  try {
    return new RecordTable<StoreRecord>(lock, {
      directory: dir.path,
      lockName: "lock",
      files: ["stable.json", "volatile.json"],
      parse: parseLayerRecords,
      ...options,
    });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function read(dir: TempDir, name: string) {
  return JSON.parse(readFileSync(dir.join(name), "utf8"));
}

Deno.test("RecordTable is empty where there are no files", async () => {
  using dir = tempDir();
  using table = await openTable(dir);
  assertEquals(table.records, []);
  table.save();
  assertEquals(readdirSync(dir.path).length, 1); // the lock
});

Deno.test("RecordTable adds to the first file, and keeps to each other", async () => {
  using dir = tempDir();
  const text = '[{"id":"v","created":"x","secret":1}]';
  writeFileSync(dir.join("volatile.json"), text);
  {
    using table = await openTable(dir);
    table.add({ id: "a", created });
    table.add({ id: "b", created, parent: "v" });
    table.save();
  }
  assertEquals(readFileSync(dir.join("volatile.json"), "utf8"), text);
  {
    using table = await openTable(dir);
    assertEquals(table.records.map(({ id }) => id), ["a", "b", "v"]);
    table.update({ ...table.get("v"), id: "v", created, names: ["n"] });
    table.remove("a");
    table.remove("unknown");
    table.update({ id: "unknown", created });
    table.save();
  }
  assertEquals(read(dir, "stable.json"), [{ id: "b", created, parent: "v" }]);
  assertEquals(read(dir, "volatile.json"), [
    { id: "v", created, secret: 1, names: ["n"] },
  ]);
  assertEquals(
    statSync(dir.join("stable.json")).mode & 0o777,
    0o600,
  );
});

Deno.test("RecordTable forgets what was not saved", async () => {
  using dir = tempDir();
  {
    using table = await openTable(dir);
    table.add({ id: "a", created });
    assert(table.get("a"));
  }
  using table = await openTable(dir);
  assertEquals(table.get("a"), undefined);
});

Deno.test("RecordTable takes the first of two records of one ID", async () => {
  using dir = tempDir();
  const one = '[{"id":"a","names":["stable"]}]';
  writeFileSync(dir.join("stable.json"), one);
  const two = '[{"id":"a","names":["volatile"]},{"id":"b"}]';
  writeFileSync(dir.join("volatile.json"), two);
  using table = await openTable(dir);
  assertEquals(table.records.map(({ id }) => id), ["a", "b"]);
  assertEquals(table.get("a")?.names, ["stable"]);
  assertEquals(table.getByName("volatile"), undefined);
  table.remove("a");
  assertEquals(table.get("a"), undefined);
});

Deno.test("RecordTable finds by name and by prefix", async () => {
  using dir = tempDir();
  using table = await openTable(dir);
  table.add({ id: "ab1", created, names: ["x", "y"] });
  table.add({ id: "ab2", created, names: ["y"] });
  assertEquals(table.getByName("x")?.id, "ab1");
  assertEquals(table.getByName("y")?.id, "ab2"); // the later one has it
  assertEquals(table.getByName("z"), undefined);
  assertEquals(table.getByPrefix("ab1")?.id, "ab1");
  assertEquals(table.getByPrefix("ab"), undefined);
  // Also where it could only be the one.
  table.remove("ab2");
  assertEquals(table.getByPrefix(""), undefined);
});

Deno.test("RecordTable.records shows no later change", async () => {
  using dir = tempDir();
  using table = await openTable(dir);
  table.add({ id: "a", created });
  table.add({ id: "b", created });
  const before = table.records;
  for (const { id } of before) table.remove(id);
  assertEquals(before.length, 2);
  assertEquals(table.records, []);
});

Deno.test("RecordTable writes its token before its file", async () => {
  using dir = tempDir();
  using table = await openTable(dir);
  table.add({ id: "a", created });
  mkdirSync(dir.join("stable.json")); // cannot be replaced by a file
  assertThrows(() => table.save());
  assertEquals(table.lock.readToken().length, 128);
  const left = readdirSync(dir.path).sort();
  assertEquals(left, ["lock", "stable.json"]);
});

Deno.test("RecordTable reports which file is damaged", async () => {
  using dir = tempDir();
  const path = dir.join("volatile.json");
  writeFileSync(path, '[{"id":"a"},{"id":');
  const error = await openTable(dir).then(
    () => undefined,
    (error) => error,
  );
  assert(error instanceof UnsupportedStoreError);
  assert(error.message.startsWith(`Cannot read "${path}": `), error.message);
});

Deno.test("RecordTable reports what is in the place of a file", async (t) => {
  const cases: Readonly<Record<string, (path: string) => void>> = {
    "it is a directory": (path) => mkdirSync(path),
    "its symbolic links do not resolve": (path) =>
      symlinkSync("volatile.json", path),
  };
  for (const [found, put] of Object.entries(cases)) {
    await t.step(found, async () => {
      using dir = tempDir();
      const path = dir.join("volatile.json");
      put(path);
      await assertRejects(
        () => openTable(dir),
        UnsupportedStoreError,
        `Cannot read "${path}": ${found}; nothing was changed: restore`,
      );
    });
  }
});

Deno.test("RecordTable is quick with thousands of records", async () => {
  using dir = tempDir();
  using table = await openTable(dir);
  const start = performance.now();
  for (let n = 0; n < 20_000; n++) {
    table.add({ id: `${n}`, created });
    table.update({ id: `${n}`, created, names: [`n${n}`] });
  }
  let found = 0;
  for (const { id } of table.records) {
    found += table.records.length === 20_000 && table.get(id) ? 1 : 0;
  }
  for (let n = 0; n < 20_000; n += 2) table.remove(`${n}`);
  const tookMs = performance.now() - start;
  assertEquals([found, table.records.length], [20_000, 10_000]);
  // Some ms in truth; a minute if each call looked at each record.
  assert(tookMs < 5000, `took ${tookMs} ms`);
});

for (const bound of [undefined, libc]) {
  const how = bound === undefined ? "by its text" : "without reading it";
  Deno.test(`RecordTable sees each change of a file ${how}`, {
    ignore: bound === undefined && libc === undefined,
  }, async (t) => {
    using dir = tempDir();
    const cache = new RecordCache<StoreRecord>();
    const path = dir.join("stable.json");
    const idsNow = async () => {
      using table = await openTable(dir, { cache, libc: bound });
      return table.records.map(({ id }) => id);
    };
    {
      using table = await openTable(dir, { cache, libc: bound });
      table.add({ id: "a", created });
      table.save();
      table.add({ id: "unsaved", created });
    }
    const own = readFileSync(path);
    const { atime, mtime } = statSync(path);
    assertEquals(await idsNow(), ["a"]);
    const cases: Readonly<Record<string, () => void>> = {
      "in place, as long as before, with its old time": () => {
        writeFileSync(path, own.toString().replace('"a"', '"b"'));
        utimesSync(path, atime, mtime);
      },
      "emptied": () => writeFileSync(path, ""),
      "removed": () => rmSync(path),
      "restored": () => writeFileSync(path, own),
      "replaced": () => {
        writeFileSync(dir.join("new"), own.toString().replace('"a"', '"c"'));
        renameSync(dir.join("new"), path);
      },
    };
    const expected = [["b"], [], [], ["a"], ["c"]];
    for (const [name, change] of Object.entries(cases)) {
      await t.step(name, async () => {
        await untilTimeGoesOn(dir);
        change();
        assertEquals(await idsNow(), expected.shift());
      });
    }
    await t.step("damaged", async () => {
      await untilTimeGoesOn(dir);
      writeFileSync(path, own.subarray(1));
      for (const _ of ["first", "second"]) {
        await assertRejects(
          () => openTable(dir, { cache, libc: bound }),
          DamagedStoreError,
          path,
        );
      }
    });
  });
}

/** Older kernels give all changes within some milliseconds one time. */
async function untilTimeGoesOn(dir: TempDir): Promise<void> {
  const now = () => {
    writeFileSync(dir.join("clock"), "");
    return statSync(dir.join("clock")).mtimeMs;
  };
  const begun = now();
  await until(() => now() > begun);
}

Deno.test("RecordTable reads no file again that it knows", {
  ignore: libc === undefined,
}, async () => {
  using dir = tempDir();
  const cache = new RecordCache<StoreRecord>();
  let parsed = 0;
  const parse = (text: string) => {
    parsed++;
    return parseLayerRecords(text);
  };
  const path = dir.join("stable.json");
  writeFileSync(path, '[{"id":"a","created":"x"}]');
  writeFileSync(dir.join("volatile.json"), '[{"id":"v","created":"x"}]');
  for (const id of ["b", "c"]) {
    using table = await openTable(dir, { cache, libc, parse });
    table.add({ id, created });
    table.save();
    table.add({ id: "soon gone", created });
    table.save();
    table.remove("soon gone");
    table.save();
  }
  using table = await openTable(dir, { cache, libc, parse });
  assertEquals(table.records.map(({ id }) => id), ["a", "b", "c", "v"]);
  assertEquals(parsed, 2);
  table.lock.writeToken(); // as another writer does
  writeFileSync(path, '[{"id":"a","created":"x"},{"id":"n","created":"x"}]');
  table[Symbol.dispose]();
  using again = await openTable(dir, { cache, libc, parse });
  assertEquals(again.records.map(({ id }) => id), ["a", "n", "v"]);
  assertEquals(parsed, 3); // the other file has the same bytes
});

Deno.test("RecordTable writes a record that it knows as it is now", async () => {
  using dir = tempDir();
  const cache = new RecordCache<StoreRecord>();
  for (const name of ["<one>", "two"]) {
    using table = await openTable(dir, { cache });
    const record = table.get("a") ?? { id: "a", created };
    table.add({ ...record, names: [...record.names ?? [], name] });
    table.save();
  }
  const text = readFileSync(dir.join("stable.json"), "utf8");
  assertEquals(
    text,
    `[{"id":"a","created":"${created}","names":["\\u003cone\\u003e","two"]}]`,
  );
});

Deno.test("RecordCache forgets what was not used for long", () => {
  const cache = new RecordCache();
  const known = {
    ...{ bytes: TableBytes.empty(), version: undefined, epoch: {} },
    ...{ records: new Map([["x", { id: "x" }]]), sum: 1n },
  };
  for (let file = 0; file < 100; file++) cache.keep(`/${file}`, known);
  assertEquals(cache.find("/99"), known);
  assertEquals(cache.find("/0"), undefined);
  cache.forget("/99");
  assertEquals(cache.find("/99"), undefined);
});

Deno.test("RecordTable.save() keeps what was there before, if told so", async () => {
  using dir = tempDir();
  const records = parseLayerRecords(
    JSON.stringify(["a", "b"].map((id) => ({ id, created }))),
  );
  const path = dir.join("stable.json");
  const texts: string[] = [];
  for (const record of records) {
    using table = await openTable(dir, { backups: "keep" });
    table.add(record);
    table.save();
    texts.push(readFileSync(path, "utf8"));
  }
  assertEquals(texts.map((text) => JSON.parse(text).length), [1, 2]);
  assertEquals(readFileSync(backupOf(path), "utf8"), texts[0]);
});

Deno.test("RecordTable.save() does not vouch for untrusted records", async () => {
  using dir = tempDir();
  const path = dir.join("stable.json");
  const backup = '[{"id":"z","created":"x"}]';
  {
    using table = await openTable(dir, { backups: "keep" });
    table.add({ id: "a", created });
    table.save();
    table.add({ id: "b", created });
    table.save();
  }
  writeFileSync(path, "[]");
  writeFileSync(backupOf(path), backup);
  {
    using table = await openTable(dir, { backups: "keep" });
    assertEquals(table.origin, "changed");
    table.add({ id: "c", created });
    table.save({ before: "untrusted" });
    assertEquals(readFileSync(backupOf(path), "utf8"), backup);
  }
  {
    using table = await openTable(dir);
    assertEquals(table.origin, "own");
  }
  writeFileSync(path, "[]"); // as a kill before the new file leaves it
  using table = await openTable(dir);
  assertEquals(table.origin, "changed");
});
