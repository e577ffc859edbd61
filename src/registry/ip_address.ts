/**
 * Classifies IP addresses: RFC 6890's registries, and clouds' metadata services.
 */

/** The class of an address. */
export type Place =
  /** The public Internet. */
  | "public"
  /** A private network. */
  | "private"
  /** This machine. */
  | "loopback"
  /** The local link. */
  | "link-local"
  /** A cloud's metadata service, which has secrets. */
  | "metadata";

type Range = readonly [address: readonly number[], bits: number, Place];

// Most clouds' metadata is at 169.254.169.254, which is link-local; of the others:
const IPV4_RANGES: readonly Range[] = [
  [[100, 100, 100, 200], 32, "metadata"], // Alibaba
  [[168, 63, 129, 16], 32, "metadata"], // Azure
  [[192, 0, 0, 192], 32, "metadata"], // Oracle
  [[169, 254], 16, "link-local"],
  [[127], 8, "loopback"],
  [[0], 8, "loopback"],
  [[10], 8, "private"],
  [[100, 64], 10, "private"],
  [[172, 16], 12, "private"],
  [[192, 0, 0], 24, "private"],
  [[192, 168], 16, "private"],
  [[198, 18], 15, "private"],
  [[224], 3, "private"], // multicast, and what is reserved
];
const IPV6_RANGES: readonly Range[] = [
  [[0xfd00, 0x0ec2], 32, "metadata"], // Amazon
  [[0xfd20, 0x00ce], 32, "metadata"], // Google
  [[0xfd00, 0x00c1], 32, "metadata"], // Oracle
  [[0, 0, 0, 0, 0, 0, 0, 0], 127, "loopback"],
  [[0xfe80], 10, "link-local"],
  [[0xfec0], 10, "private"],
  [[0xfc00], 7, "private"],
  [[0xff00], 8, "private"],
];
// Prefixes of IPv6 addresses that stand for an IPv4 one, and where that begins.
const EMBEDDINGS: readonly (readonly [readonly number[], number, number])[] = [
  [[0, 0, 0, 0, 0, 0], 96, 6], // compatible: RFC 4291, 2.5.5.1
  [[0, 0, 0, 0, 0, 0xffff], 96, 6], // mapped: RFC 4291, 2.5.5.2
  [[0, 0, 0, 0, 0xffff, 0], 96, 6], // translated: RFC 2765
  [[0x64, 0xff9b, 0, 0, 0, 0], 96, 6], // NAT64: RFC 6052
  [[0x64, 0xff9b, 1], 48, 6], // NAT64 of one's own: RFC 8215
  [[0x2002], 16, 1], // 6to4: RFC 3056
];

/**
 * The class of an address; undefined if the text is a name.
 *
 * @param host As `URL` normalises it, or as resolvers give it.
 */
export function placeOfAddress(host: string): Place | undefined {
  const bare = host.replace(/^\[|\]$|%.*$/g, "");
  const ipv4 = parseIPv4(bare);
  if (ipv4 !== undefined) return placeOfIPv4(ipv4);
  const ipv6 = parseIPv6(bare);
  return ipv6 === undefined ? undefined : placeOfIPv6(ipv6);
}

function placeOfIPv4(octets: readonly number[]): Place {
  return findPlace(octets, { ranges: IPV4_RANGES, width: 8 }) ?? "public";
}

function placeOfIPv6(groups: readonly number[]): Place {
  const own = findPlace(groups, { ranges: IPV6_RANGES, width: 16 });
  return own ?? embeddedPlaces(groups).find((place) => place !== "public") ??
    "public";
}

/** The classes of IPv4 addresses that are embedded in an address. */
function embeddedPlaces(groups: readonly number[]): readonly Place[] {
  const starts = EMBEDDINGS
    .filter(([prefix, bits]) => isWithin(groups, { prefix, bits, width: 16 }))
    .map(([, , start]) => start);
  // ISATAP: RFC 5214, behind any prefix.
  if (groups[5] === 0x5efe) starts.push(6);
  const places = starts.map((start) =>
    placeOfIPv4(octetsOf(groups.slice(start, start + 2)))
  );
  // Teredo hides the client's address: RFC 4380, 4.
  const isTeredo = isWithin(groups, {
    prefix: [0x2001, 0],
    bits: 32,
    width: 16,
  });
  if (!isTeredo) return places;
  const hidden = groups.slice(6).map((group) => group ^ 0xffff);
  return [...places, placeOfIPv4(octetsOf(hidden))];
}

function octetsOf(groups: readonly number[]): readonly number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function findPlace(
  parts: readonly number[],
  { ranges, width }: { ranges: readonly Range[]; width: number },
): Place | undefined {
  return ranges.find(([prefix, bits]) =>
    isWithin(parts, { prefix, bits, width })
  )?.[2];
}

/** Whether an address, in parts of `width` bits, begins with a network's bits. */
export function isWithin(
  parts: readonly number[],
  { prefix, bits, width }: {
    readonly prefix: readonly number[];
    readonly bits: number;
    readonly width: number;
  },
): boolean {
  return parts.every((part, index) => {
    const counted = Math.min(Math.max(bits - index * width, 0), width);
    const shift = width - counted;
    return part >> shift === (prefix[index] ?? 0) >> shift;
  });
}

/** Four numbers; undefined if a text has another form. */
export function parseIPv4(text: string): readonly number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  return text.split(".").map(Number);
}

/** Eight groups of 16 bits; undefined if a text is no such address. */
export function parseIPv6(text: string): readonly number[] | undefined {
  // It knows all spellings, and leaves one.
  const { hostname = "" } = URL.parse(`http://[${text}]/`) ?? {};
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  if (hostname === "") return undefined;
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after];
}

function groupsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
