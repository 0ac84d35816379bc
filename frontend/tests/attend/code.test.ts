import { describe, expect, it } from "vitest";

import { codeFor, digitsFor, sealed } from "../../src/attend/code";
import { spent, type CodeKey } from "../../src/attend/store";

const SECRET = new TextEncoder().encode("s".repeat(32));

describe("the code that the leader's phone makes", () => {
  it("is the one that the server makes", async () => {
    const key = await sealed(SECRET);
    expect(await codeFor(key, 7, 59999999)).toBe("59999999-j3xks5mp2lyxmbk6");
    expect(await Promise.all([digitsFor(key, 59999999), digitsFor(key, 60000000)])).toEqual(["084952", "910086"]);
  });

  it("comes from a key that cannot be read out, and that goes with its activity and its person", async () => {
    const key = await sealed(SECRET);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
    const held = [1, 2, 3].map((number): CodeKey => ({ address: `/${number}/`, person: number, until: number * 10, ahead: 0, key }));
    expect(spent(held, 15).map((one) => one.address)).toEqual(["/1/"]);
    expect(spent(held, 15, 2).map((one) => one.address)).toEqual(["/1/", "/3/"]);
  });
});
