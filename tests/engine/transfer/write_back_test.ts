import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const HERE = new URL(".", import.meta.url);
const WRITE_BACK = fromFileUrl(
  new URL("../../../src/engine/transfer/write_back.ts", HERE),
);
const LIBC = fromFileUrl(new URL("../../../src/process/bind_libc.ts", HERE));

/** What a sync of a staged layer asks of the kernel. */
async function traceSync(libc: "takeLibc()" | "undefined") {
  using work = tempDir();
  const layer = work.join("staging", "layer");
  await Deno.mkdir(`${layer}/diff/etc`, { recursive: true });
  await Deno.writeTextFile(`${layer}/diff/etc/motd`, "hello");
  await Deno.writeTextFile(
    work.join("script.ts"),
    `import { openWriteBack } from ${JSON.stringify(WRITE_BACK)};
     import { takeLibc } from ${JSON.stringify(LIBC)};
     using back = openWriteBack({ store: { libc: ${libc} } }, Deno.args[0]);
     await back.sync([Deno.args[0] + "/layer"]);`,
  );
  const config = fromFileUrl(new URL("../../../deno.json", HERE));
  const { success, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-qq", "-y", "-o", work.join("trace")],
      "--trace=fsync,fdatasync,syncfs",
      ...[Deno.execPath(), "run", "--allow-all", "--no-check", "--quiet"],
      ...["--config", config, work.join("script.ts"), work.join("staging")],
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return (await Deno.readTextFile(work.join("trace"))).split("\n")
    .filter((line) => line.includes(work.join("staging")))
    .map((line) =>
      line.replace(/^\d+ +(\w+)\(\d+<([^>]*)>.*/, "$1 $2")
        .replace(work.join("staging"), "STAGING")
    );
}

Deno.test(
  "openWriteBack() writes all that is staged at once",
  needs("strace"),
  async () => {
    assertEquals(await traceSync("takeLibc()"), ["syncfs STAGING"]);
  },
);

Deno.test(
  "openWriteBack() without libc writes file by file",
  needs("strace"),
  async () => {
    assertEquals(await traceSync("undefined"), [
      "fdatasync STAGING/layer/diff/etc/motd",
      "fsync STAGING/layer/diff/etc",
      "fsync STAGING/layer/diff",
      "fsync STAGING/layer",
    ]);
  },
);
