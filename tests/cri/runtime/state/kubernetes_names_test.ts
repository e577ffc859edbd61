import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  containerRecordName,
  podRecordName,
} from "../../../../src/cri/runtime/state/kubernetes_names.ts";
import { findNameProblem } from "../../../../src/formats/storage/container_names.ts";

const POD = { name: "web-1", namespace: "shop", uid: "5c-7", attempt: 2 };

Deno.test("names are those that dockershim and CRI-O give", () => {
  assertEquals(podRecordName(POD), "k8s_web-1_shop_5c-7_2");
  assertEquals(
    containerRecordName({ name: "app", attempt: 0 }, POD),
    "k8s_app_web-1_shop_5c-7_0",
  );
});

Deno.test("names of any length and any characters fit the store", async (t) => {
  const hostile = ["../../etc", "a\0b", "x".repeat(1_000_000), "ä ö", ""];
  for (const name of hostile) {
    await t.step(JSON.stringify(name).slice(0, 20), () => {
      const long = podRecordName({ ...POD, name });
      assertEquals(findNameProblem(long), undefined);
      assertEquals(long, podRecordName({ ...POD, name }));
      assert(long.startsWith("k8s_"));
    });
  }
});

Deno.test("names differ if only what is cut, or a border, differs", () => {
  const long = "x".repeat(300);
  assertNotEquals(
    podRecordName({ ...POD, name: `${long}1` }),
    podRecordName({ ...POD, name: `${long}2` }),
  );
  assertNotEquals(
    podRecordName({ ...POD, name: "a_b", namespace: "c" }),
    podRecordName({ ...POD, name: "a", namespace: "b_c" }),
  );
});
