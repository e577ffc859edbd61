import { assertEquals } from "@std/assert";
import {
  assembleImage,
  makeDigestImage,
} from "../../scripts/lib/cri/registry_image.ts";
import { toText } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { archive, file } from "../support/images/tar_builder.ts";

Deno.test("assembleImage() describes what it is made of", () => {
  const layers = [archive(file("a")), archive(file("b"))];
  const { config, manifest } = assembleImage(layers, { User: "1" });
  const about = JSON.parse(toText(manifest));
  assertEquals(about.config.digest, digestOf(config));
  assertEquals(
    about.layers.map((layer: { digest: string }) => layer.digest),
    layers.map(digestOf),
  );
  const { config: run, rootfs } = JSON.parse(toText(config));
  assertEquals(run, { User: "1" });
  assertEquals(rootfs.diff_ids, layers.map(digestOf));
});

// A critest that was built before would not find it under another digest.
Deno.test("makeDigestImage() makes the same image each time", () => {
  assertEquals(
    digestOf(makeDigestImage().manifest),
    digestOf(makeDigestImage().manifest),
  );
});
