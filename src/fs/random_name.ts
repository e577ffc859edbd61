/** Random names. */

const ID_BYTES = 32;
const SHORT_NAME_BYTES = 17;
const SHORT_NAME_LENGTH = 26;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SUFFIX_BYTES = 5;

/**
 * A random ID of 64 lower-case hex digits, whose first twelve are not all
 * decimal: as a host name, such a short ID would be a number.
 */
export function randomId(): string {
  for (;;) {
    const id = randomBytes(ID_BYTES).toHex();
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}

/** A random decimal number, as the suffix of a temporary name. */
export function randomSuffix(): string {
  return String(Number.parseInt(randomBytes(SUFFIX_BYTES).toHex(), 16));
}

/** A random short name of a layer: 26 characters of base32. */
export function randomShortName(): string {
  let bits = BigInt(`0x${randomBytes(SHORT_NAME_BYTES).toHex()}`);
  let name = "";
  while (name.length < SHORT_NAME_LENGTH) {
    name += BASE32[Number(bits & 31n)];
    bits >>= 5n;
  }
  return name;
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
