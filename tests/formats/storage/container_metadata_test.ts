import { assertEquals, assertThrows } from "@std/assert";
import {
  type ContainerMetadata,
  formatContainerMetadata,
  parseContainerMetadata,
  parseOwnMetadata,
} from "../../../src/formats/storage/container_metadata.ts";

const FULL: ContainerMetadata = {
  pod: true,
  podName: "web",
  podId: "p1",
  imageName: "busybox",
  imageId: "i1",
  name: "infra",
  metadataName: "m",
  uid: "u",
  namespace: "n",
  attempt: 3,
  createdAt: 1_700_000_000,
  mountLabel: "a:b:c",
  canonicalImageName: "docker.io/library/busybox:latest",
};

Deno.test("S22 formatContainerMetadata() writes CRI-O's keys, then orlop's", () => {
  assertEquals(
    formatContainerMetadata(FULL),
    '{"pod":true,"pod-name":"web","pod-id":"p1","image-name":"busybox",' +
      '"image-id":"i1","name":"infra","metadata-name":"m","uid":"u",' +
      '"namespace":"n","attempt":3,"created-at":1700000000,' +
      '"mountlabel":"a:b:c","orlop":{"schema":1,' +
      '"image":"docker.io/library/busybox:latest"}}',
  );
});

Deno.test("S22 formatContainerMetadata() leaves out what is empty", () => {
  const empty = {
    ...FULL,
    ...{ pod: false, uid: "", namespace: "", attempt: 0, mountLabel: "" },
  };
  const keys = Object.keys(JSON.parse(formatContainerMetadata(empty)));
  assertEquals(keys, [
    ...["pod-name", "pod-id", "image-name", "image-id", "name"],
    ...["metadata-name", "created-at", "orlop"],
  ]);
  assertEquals(
    parseContainerMetadata(formatContainerMetadata(empty), "x"),
    empty,
  );
});

Deno.test("S39 parseContainerMetadata() reads what was written", () => {
  const text = formatContainerMetadata(FULL);
  assertEquals(parseContainerMetadata(text, "x"), FULL);
  assertEquals(parseOwnMetadata(text, "x"), FULL);
});

Deno.test("S40 parseContainerMetadata() names what does not parse", () => {
  for (
    const [text, part] of [
      ["", "metadata of X"],
      ["null", "expected an object"],
      ['{"pod":"yes"}', "metadata of X, pod"],
      ['{"pod-name":7}', "metadata of X, pod-name"],
      ['{"created-at":1.5}', "metadata of X, created-at"],
      ['{"orlop":{"schema":2}}', "newer orlop"],
      ['{"orlop":{"schema":"1"}}', "metadata of X, schema"],
    ] as const
  ) {
    assertThrows(() => parseContainerMetadata(text, "X"), SyntaxError, part);
  }
});

Deno.test("parseContainerMetadata() tolerates what other tools leave out", () => {
  assertEquals(parseContainerMetadata("{}", "X"), {
    ...{ pod: false, podName: "", podId: "", imageName: "", imageId: "" },
    ...{ name: "", metadataName: "", uid: "", namespace: "", attempt: 0 },
    ...{ createdAt: 0, mountLabel: "", canonicalImageName: "" },
  });
});

Deno.test("parseOwnMetadata() claims nothing of other tools", () => {
  for (
    const text of ["", "{", "free text", "[]", '{"pod-name":"a","pod-id":"b"}']
  ) {
    assertEquals(parseOwnMetadata(text, "X"), undefined, text);
  }
});

Deno.test("parseOwnMetadata() refuses orlop's if it does not fit", () => {
  for (
    const [text, part] of [
      ['{"orlop":{"schema":2}}', "newer orlop"],
      ['{"orlop":7}', "metadata of X, orlop"],
      ['{"orlop":{},"pod":"yes"}', "metadata of X, pod"],
    ] as const
  ) {
    assertThrows(() => parseOwnMetadata(text, "X"), SyntaxError, part);
  }
});
