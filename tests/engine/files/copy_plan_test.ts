import { assertEquals, assertThrows } from "@std/assert";
import {
  archiveName,
  findSource,
  findTarget,
  type OpenedPlace,
} from "../../../src/engine/files/copy_plan.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import type { RootedFile } from "../../../src/process/libc_roots.ts";

const MODES = { file: 0o100644, directory: 0o040755, fifo: 0o010644 } as const;
const TREE: Readonly<Record<string, keyof typeof MODES>> = {
  "/": "directory",
  "/dir": "directory",
  "/dir/.": "directory",
  "/dir/": "directory",
  "/file": "file",
  "/fifo": "fifo",
  "/dir/file": "file",
};

/** A place in a root with a few files; `open` are those not given up. */
function places() {
  const open = new Set<string>();
  const place = (path: string, links: Record<string, string> = {}) => {
    const find = (path: string): RootedFile | undefined => {
      const kind = TREE[links[path] ?? path];
      if (kind === undefined) return undefined;
      open.add(path);
      return {
        ...{ path, folder: "", name: "" },
        status: { mode: MODES[kind], uid: 0, gid: 0, major: 0, minor: 0 },
        [Symbol.dispose]: () => void open.delete(path),
      };
    };
    const none = () => Promise.resolve();
    const root = {
      find,
      resolve: (path: string) => links[path] ?? path,
      [Symbol.asyncDispose]: none,
    };
    return {
      ...{ path, shown: `"${path}" in "web"`, root, record: undefined },
      [Symbol.asyncDispose]: none,
    } satisfies OpenedPlace;
  };
  return { place, open };
}

Deno.test("findSource() tells a file, a directory, and what is in one", async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["/file", "file", "file"],
    ["/dir", "directory", "dir"],
    ["/dir/", "directory", "dir"],
    ["/dir/.", "contents", "."],
    ["/", "directory", "."],
  ];
  for (const [path, kind, name] of cases) {
    await t.step(path, () => {
      const { place, open } = places();
      const source = findSource(place(path));
      assertEquals(source.kind, kind);
      assertEquals(archiveName(source), name);
      assertEquals([...open], [path]);
      source[Symbol.dispose]();
      assertEquals([...open], []);
    });
  }
  await t.step("nothing else", () => {
    const { place, open } = places();
    const odd = assertThrows(() => findSource(place("/fifo")), TypeError);
    assertEquals(
      odd.message,
      'Cannot copy "/fifo" in "web": it is neither a file nor a directory',
    );
    const none = assertThrows(() => findSource(place("/none")), NotFoundError);
    assertEquals(
      none.message,
      'Cannot find "/none" in "web": there is no such file or directory',
    );
    assertEquals([...open], []);
  });
});

Deno.test("findTarget() finds the directory, and the name in it", async (t) => {
  // Of what, to where, and what becomes of it.
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    ["/file", "/dir", "/dir file"],
    ["/file", "/dir/", "/dir/ file"],
    ["/file", "/dir/new", "/dir new"],
    ["/file", "/dir/file", "/dir file"],
    ["/file", "/new", "/ new"],
    ["/dir", "/", "/ dir"],
    ["/dir", "/new", "/ new"],
    ["/dir/.", "/dir", "/dir ."],
    ["/dir/.", "/new", "/ new"],
    [undefined, "/dir", "/dir ."],
  ];
  for (const [from, to, expected] of cases) {
    await t.step(`${from} ${to}`, () => {
      const { place, open } = places();
      const source = from === undefined ? undefined : findSource(place(from));
      const target = findTarget(source, place(to));
      assertEquals(`${target.directory.path} ${target.name}`, expected);
      source?.[Symbol.dispose]();
      target[Symbol.dispose]();
      assertEquals([...open], []);
    });
  }
});

Deno.test("findTarget() writes to what a link leads to, not in its place", () => {
  const { place } = places();
  const source = findSource(place("/file"));
  const target = findTarget(source, place("/link", { "/link": "/dir/file" }));
  assertEquals(`${target.directory.path} ${target.name}`, "/dir file");
});

Deno.test("findTarget() reports what cannot be copied there", async (t) => {
  const noDirectory = (path: string) =>
    `Cannot copy to "${path}" in "web": it is no directory, and has to be one`;
  const missing = (path: string) =>
    `Cannot find "${path}" in "web": there is no such file or directory`;
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    ["/dir", "/file", noDirectory("/file")],
    ["/dir/.", "/file", noDirectory("/file")],
    [undefined, "/file", noDirectory("/file")],
    [undefined, "/new", noDirectory("/new")],
    ["/file", "/new/", missing("/new/")],
    ["/file", "/no/new", missing("/no/new")],
    ["/file", "/file/new", missing("/file/new")],
    ["/dir", "/no/new", missing("/no/new")],
  ];
  for (const [from, to, message] of cases) {
    await t.step(`${from} ${to}`, () => {
      const { place, open } = places();
      const source = from === undefined ? undefined : findSource(place(from));
      const error = assertThrows(() => findTarget(source, place(to)), Error);
      assertEquals(error.message, message);
      source?.[Symbol.dispose]();
      assertEquals([...open], []);
    });
  }
});
