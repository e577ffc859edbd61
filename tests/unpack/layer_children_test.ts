import { assert, assertEquals } from "@std/assert";
import { LayerChildren } from "../../src/unpack/layer_children.ts";

type Children = LayerChildren<string, { readonly of: string }>;

const FILES = 200;

/** Files, a folder between them, and some names that are odd. */
function filled(): Children {
  const children: Children = new LayerChildren();
  for (let n = 0; n < FILES; n++) {
    children.set(`file${n}`, `spooled ${n % 50}`);
    if (n === 100) children.set("folder", { of: "folder" });
  }
  children.set("", "file");
  children.set("\xff\x01 0", "file");
  return children;
}

function contentsOf(children: Children): Readonly<Record<string, unknown>> {
  return Object.fromEntries(children.entries());
}

Deno.test("what is packed is as it was", async (t) => {
  const cases: Readonly<Record<string, (children: Children) => unknown>> = {
    "a file": (children) => children.get("file7"),
    "the last one": (children) => children.get(`file${FILES - 1}`),
    "a folder": (children) => children.get("folder"),
    "nothing": (children) => children.get("file"),
    "a beginning of a name": (children) => children.has("file19"),
    "an empty name": (children) => children.get(""),
    "an odd name": (children) => children.get("\xff\x01 0"),
    "a name that is a number of a value": (children) => children.has("7"),
    "all": (children) => contentsOf(children),
    "another file": (children) => {
      children.set("file7", "file");
      return contentsOf(children);
    },
    "a folder for a file": (children) => {
      children.set("file7", { of: "file7" });
      return contentsOf(children);
    },
    "a file for a folder": (children) => {
      children.set("folder", "file");
      return contentsOf(children);
    },
    "without a file": (children) => {
      children.delete("file7");
      return [children.has("file7"), contentsOf(children)];
    },
    "packed twice": (children) => {
      for (let n = 0; n < 2 * FILES; n++) children.set(`more${n}`, "file");
      children.pack();
      children.pack();
      return contentsOf(children);
    },
  };
  for (const [name, ask] of Object.entries(cases)) {
    await t.step(name, () => {
      const [packed, plain] = [filled(), filled()];
      packed.pack();
      assertEquals(ask(packed), ask(plain));
    });
  }
});

Deno.test("a file in each of two large folders in turn costs no more than it does", () => {
  const counts = { packed: 0 };
  const folders = [new CountedChildren(counts), new CountedChildren(counts)];
  for (let n = 0; n < 20_000; n++) {
    const folder = folders[n % 2];
    folder?.get(`file${n}`);
    folder?.set(`file${n}`, "file");
    folder?.pack();
  }
  // Each time twice as many: 64, 128, …
  assert(counts.packed < 2 * 10, `${counts.packed}`);
});

/** Counts how often something is packed: only then all names are gone through. */
class CountedChildren extends LayerChildren<string, { readonly of: string }> {
  readonly #counts: { packed: number };

  constructor(counts: { packed: number }) {
    super();
    this.#counts = counts;
  }

  override pack(): boolean {
    const isPacked = super.pack();
    if (isPacked) this.#counts.packed++;
    return isPacked;
  }
}
