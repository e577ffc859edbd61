import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { orlopCommand, orlopIn } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** All that could move the cursor, reorder a line, hide in it, or forge one. */
const HOSTILE =
  "a\x1b]0;title\x07\x1b[2J\x9b31m\x7f\r\b\u202eb\u2066\u200b\ufeff\u2028" +
  "\u00ad\u{e0041}\nFORGED\u0085FORGED";
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** What prints a line for a thing, or all of a thing. */
const COMMANDS: readonly string[] = [
  "images",
  "images --digests --no-trunc",
  "images --noheading --sort tag",
  "image inspect IMAGE",
  "inspect IMAGE app",
  "history IMAGE",
  "history --no-trunc IMAGE",
  "ps",
  "ps --no-trunc",
  "pod ls",
  "pod inspect POD",
  "container inspect app",
  "container metadata app",
  "container dirs app",
  "df",
  "df --verbose",
  "df --verbose --no-trunc",
  "gc --dry-run --all --containers stopped --leftover-age 0s",
  "images --format json",
  "history --format json IMAGE",
  "ps --format json",
  "pod ls --format json",
  "df --format json",
  "gc --dry-run --all --containers stopped --leftover-age 0s --format json",
  "images --format {{json.}}",
  "images --format table{{.Repository}}{{.Names}}{{.Labels}}",
  "image inspect --format table{{.Author}} IMAGE",
  "history --format table{{.CreatedBy}}{{.Comment}} IMAGE",
  "ps --format table{{.Names}}{{.Image}}{{.PodName}}",
  "pod ls --format table{{.Name}}{{.ContainerNames}}",
  "gc --dry-run --all --containers stopped --leftover-age 0s --format table{{.Name}}{{.Reason}}",
];

/** Of these, what shows none of it. */
const PLAIN: readonly string[] = [
  "container dirs app",
  "df",
];

/** Templates show newlines as podman does, and nothing else of it. */
const TEMPLATES: readonly string[] = [
  "images --format {{.Repository}}{{.Tag}}{{.Names}}{{.Labels}}",
  "image inspect --format {{.Author}}{{.Config.Env}}{{.Labels}}{{.}} IMAGE",
  "image inspect --format {{json.}} IMAGE",
  "history --format {{.CreatedBy}}{{.Comment}} IMAGE",
  "ps --format {{.Names}}{{.Image}}{{.PodName}}",
  "container inspect --format {{.}} app",
  "pod inspect --format {{.}} POD",
];

Deno.test({
  name: "what images, records and other tools say is printed safely",
  ...needs("root", "mount"),
  fn: async (t) => {
    using dir = tempDir();
    const orlop = orlopIn(dir.path);
    const ids = await fill(dir.path);
    const run = (line: string) =>
      orlop(
        ...line.split(" ").map((word) => {
          if (word === "IMAGE" || word === "POD") return ids[word];
          return word.replace("table{{", "table {{").replace(
            "{{json.",
            "{{json .",
          );
        }),
      );
    for (const line of [...COMMANDS, ...TEMPLATES]) {
      await t.step(line, async () => {
        const { code, out, err } = await run(line);
        assertEquals(code, 0, err);
        assert(out !== "");
        // All but a few have something of it to show.
        if (!PLAIN.includes(line)) assertStringIncludes(out, "title");
        checkLines(out);
        checkLines(err);
        const isTemplate = TEMPLATES.includes(line);
        if (!isTemplate) assert(!/^FORGED/m.test(out), out);
      });
    }
    await t.step("JSON has the text as it is", async () => {
      const [{ Author }] = JSON.parse((await run("image inspect IMAGE")).out);
      assertEquals(Author, HOSTILE);
      const { out } = await run("image inspect --format {{json.Author}} IMAGE");
      assertEquals(JSON.parse(out), HOSTILE);
    });
    await t.step("completions offer no such name", async () => {
      for (const words of ["rmi", "rm", "pod rm", "run"]) {
        const { code, out } = await run(`__complete -- ${words} a`);
        assertEquals(code, 0);
        assert(!/[^\w.@%+:/\n-]/.test(out), out);
      }
    });
  },
});

/** Mistakes that quote what was typed, or what lies in a store. */
const REFUSED: readonly (readonly string[])[] = [
  [HOSTILE],
  ["image", HOSTILE],
  [`--${HOSTILE}`],
  ["images", `--${HOSTILE}`],
  ["images", "--filter", HOSTILE],
  ["images", "--format", HOSTILE],
  ["images", "--format", `{{.${HOSTILE}}}`],
  ["images", "--format", `{{index .Names "${HOSTILE}"}}`],
  ["image", "inspect", HOSTILE],
  ["inspect", HOSTILE],
  ["history", HOSTILE],
  ["rmi", HOSTILE],
  ["tag", HOSTILE, HOSTILE],
  ["pull", HOSTILE],
  ["pull", `oci:/${HOSTILE}`],
  ["rm", HOSTILE],
  ["start", HOSTILE],
  ["container", "create", "--name", HOSTILE, HOSTILE],
  ["pod", "create", HOSTILE],
  ["pod", "inspect", HOSTILE],
  ["gc", "--older-than", HOSTILE],
  ["schedule", HOSTILE],
  ["completion", HOSTILE],
  ["help", HOSTILE],
  ["--config", `/${HOSTILE}`, "images"],
];

Deno.test({
  name: "errors quote what was typed safely, as text and as JSON",
  ...needs("root"),
  fn: async (t) => {
    using dir = tempDir();
    const orlop = orlopIn(dir.path);
    const words = REFUSED.map((args) =>
      args.map((word) => word.replaceAll("\0", ""))
    );
    for (const args of words) {
      await t.step(JSON.stringify(args), async () => {
        for (const format of ["text", "json"]) {
          const { code, out, err } = await orlop(
            `--log-format=${format}`,
            ...args,
          );
          assert(code !== 0 && err !== "" && out !== HOSTILE);
          checkLines(out);
          checkLines(err);
          assert(!/^FORGED/m.test(err), err);
        }
      });
    }
  },
});

Deno.test({
  name: "what a registry says is printed safely, also into the log file",
  ...needs("root", "mount"),
  fn: async () => {
    using dir = tempDir();
    await using server = serveHostile();
    const log = dir.join("log");
    for (const args of [["--progress=plain"], ["--progress=json"], []]) {
      const { code, stdout, stderr } = await orlopCommand(dir.path, [
        ...["--log-level=debug", `--log-file=${log}`, "pull", ...args],
        ...["--tls-verify=false", `${server.host}/app:1`],
      ]).output();
      const [out, err] = [stdout, stderr].map((b) =>
        new TextDecoder().decode(b)
      );
      assertEquals(code, 3, err);
      assertStringIncludes(err ?? "", "title");
      checkLines(out ?? "");
      checkLines(err ?? "");
      assert(!/^FORGED/m.test(err ?? ""), err);
    }
    const logged = await Deno.readTextFile(log);
    checkLines(logged);
    assert(!/^FORGED/m.test(logged), logged);
  },
});

function checkLines(text: string): void {
  for (const line of text.split("\n")) {
    const found = FORBIDDEN.exec(line.replaceAll("\t", ""))?.[0];
    assertEquals(found && JSON.stringify(found), undefined, line);
  }
}

/** A registry of which each answer is an error, in words that are hostile. */
function serveHostile() {
  const controller = new AbortController();
  const errors = [{ code: HOSTILE, message: HOSTILE, detail: HOSTILE }];
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: controller.signal,
      onListen: () => {},
    },
    () => Response.json({ errors }, { status: 404 }),
  );
  return {
    host: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await server.finished;
    },
  };
}

/** Makes a store in which all is hostile that may be any text. */
async function fill(
  directory: string,
): Promise<Readonly<Record<"IMAGE" | "POD", string>>> {
  const orlop = orlopIn(directory);
  const blob = archive(file("file", "x"));
  await writeLayout(
    `${directory}/image`,
    [{ blob, diffId: digestOf(blob) }],
    {
      Env: [`A=${HOSTILE}`],
      Labels: { [HOSTILE]: HOSTILE },
      Cmd: [HOSTILE.replaceAll("\0", "")],
    },
    {
      author: HOSTILE,
      history: [{ "created_by": HOSTILE, comment: HOSTILE, author: HOSTILE }],
    },
  );
  const { out: id, err } = await orlop("pull", `oci:${directory}/image:latest`);
  assertEquals(id.length, 64, err);
  const created = await orlop(
    ...["container", "create", "--pod=new:web", "--name=app", id, "sh"],
  );
  assertEquals(created.code, 0, created.err);
  const root = `${directory}/root`;
  await change(`${root}/overlay-images/images.json`, (image) => {
    if (image.id !== id) return image;
    const names = [`localhost/${HOSTILE}:${HOSTILE}`, HOSTILE];
    return { ...image, names, "names-history": names };
  });
  await change(`${root}/overlay-containers/containers.json`, (container) => ({
    ...container,
    names: [HOSTILE, ...container.names],
    metadata: JSON.stringify({
      ...JSON.parse(container.metadata),
      "image-name": HOSTILE,
      "pod-name": HOSTILE,
      namespace: HOSTILE,
      uid: HOSTILE,
    }),
  }));
  const { out: pod } = await orlop("pod", "ls", "--quiet", "--no-trunc");
  return { IMAGE: id, POD: pod };
}

interface AnyRecord {
  readonly id: string;
  readonly names: readonly string[];
  readonly metadata: string;
}

/** Writes records as another tool might. */
async function change(
  path: string,
  alter: (record: AnyRecord) => unknown,
): Promise<void> {
  const records: AnyRecord[] = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify(records.map(alter)));
}
