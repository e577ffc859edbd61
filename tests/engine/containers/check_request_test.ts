import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  InvalidContainerNameError,
  InvalidImageNameError,
  InvalidPodNameError,
} from "../../../src/errors/naming_errors.ts";
import {
  InvalidContainerIdError,
  InvalidSandboxIdError,
  NotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import {
  APP,
  containerOptions,
  podOptions,
  testPod,
  testRuntime,
} from "../../support/test_runtime.ts";

type Invalid = new (message: string) => Error;

/** The changes that make a request wrong, and what it is refused with. */
const WRONG: readonly [
  name: string,
  changes: Parameters<typeof podOptions>[0],
  error: Invalid,
  text: string,
][] = [
  [
    "S07 createPodSandbox() and createContainer() refuse an empty pod name",
    { podName: "" },
    InvalidPodNameError,
    'invalid pod name ""',
  ],
  [
    "S07 createPodSandbox() and createContainer() refuse an empty pod ID",
    { podId: "" },
    InvalidPodNameError,
    'invalid pod ID ""',
  ],
  [
    "S08 createPodSandbox() and createContainer() refuse to do without image",
    { imageName: "", imageId: "" },
    InvalidImageNameError,
    'invalid image name ""',
  ],
  [
    "S09 createPodSandbox() and createContainer() refuse an empty name",
    { containerName: "" },
    InvalidContainerNameError,
    'invalid container name ""',
  ],
  [
    "S10 createPodSandbox() and createContainer() check the pod first",
    { podName: "", imageName: "", containerName: "" },
    InvalidPodNameError,
    'invalid pod name ""',
  ],
  [
    "S10 createPodSandbox() and createContainer() check the image second",
    { imageName: "", containerName: "" },
    InvalidImageNameError,
    'invalid image name ""',
  ],
  ...[
    "../../etc",
    "a/b",
    ".hidden",
    "-flag",
    "a b",
    "a\nb",
    "a\0b",
    "ä",
    "x".repeat(254),
  ].flatMap((
    bad,
  ): (typeof WRONG)[number][] => [
    [
      `O16 createPodSandbox() refuses the pod ID ${
        JSON.stringify(bad.slice(0, 9))
      }`,
      { podId: bad },
      InvalidPodNameError,
      "invalid pod ID",
    ],
    [
      `O16 createPodSandbox() refuses the name ${
        JSON.stringify(bad.slice(0, 9))
      }`,
      { containerName: bad },
      InvalidContainerNameError,
      "invalid container name",
    ],
  ]),
];

for (const [name, changes, error, text] of WRONG) {
  Deno.test(name, async () => {
    using test = testRuntime();
    await Deno.remove(test.dir.path, { recursive: true });
    await assertRejects(
      () => test.runtime.createPodSandbox(podOptions(changes)),
      error,
      text,
    );
    await assertRejects(
      () => test.runtime.createContainer(containerOptions(changes)),
      error,
      text,
    );
    // S10: no file was touched, nor made anew.
    await assertRejects(
      () => Deno.stat(test.dir.path),
      Deno.errors.NotFound,
    );
    await Deno.mkdir(test.dir.path); // for the test's own cleanup
  });
}

Deno.test("O16 createContainer() refuses an ID that is no path part", async () => {
  using test = await testPod();
  const bad = ["../x", "a/b", "x".repeat(254), "volatile-containers.json"];
  for (const containerId of bad) {
    await assertRejects(
      () => test.runtime.createContainer(containerOptions({ containerId })),
      InvalidContainerIdError,
      "invalid container ID",
    );
  }
});

Deno.test("S01 five errors can be told apart, and caught as families", () => {
  const all = [
    InvalidPodNameError,
    InvalidImageNameError,
    InvalidContainerNameError,
    InvalidSandboxIdError,
    InvalidContainerIdError,
  ];
  const names = all.map((Class) => new Class("why").name);
  assertEquals(names, all.map((Class) => Class.name));
  for (const Class of all.slice(0, 3)) {
    assert(new Class("") instanceof TypeError);
  }
  for (const Class of all.slice(3)) {
    assert(new Class("") instanceof NotFoundError); // O10
  }
});

Deno.test("S08 createContainer() takes an image ID alone", async () => {
  using test = await testPod();
  const { imageId } = test;
  const { id } = await test.runtime.createContainer(
    containerOptions({ imageName: "", imageId }),
  );
  const metadata = await test.runtime.getContainerMetadata(id);
  assertEquals([metadata.imageId, metadata.imageName], [imageId, APP]);
});

Deno.test("S11 createContainer() does without what may be left out", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(
    containerOptions({ metadataName: "", attempt: 0, mountLabel: "" }),
  );
  const metadata = await test.runtime.getContainerMetadata(id);
  assertEquals(metadata.metadataName, "server");
  const { uid, namespace, attempt, mountLabel } = metadata;
  assertEquals([uid, namespace, attempt, mountLabel], ["", "", 0, ""]);
});
