/** Prints the digest that critest is built with. */

import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { print } from "../print.ts";
import { makeDigestImage } from "./registry_image.ts";

print(digestOf(makeDigestImage().manifest));
