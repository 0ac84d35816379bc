import { beforeEach, describe, expect, it, vi } from "vitest";
import { Queue, verdict, type Kept, type Verdict } from "../src/counter/queue";
import { codeIn } from "../src/counter/scanner";

function answer(status: number, body: unknown = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

const ONE = { key: "k1", order: "7", code: "12345678", label: "抽纸 × 1" };

describe("the code", () => {
  it("is found in digits, digits with spaces, full-width digits and the address of the QR", () => {
    for (const text of ["12345678", " 1234 5678 ", "１２３４５６７８", "https://a.example/desk/counter/?code=12345678"]) expect(codeIn(text)).toBe("12345678");
  });

  it("is nothing else", () => {
    for (const text of ["", "1234567", "123456789", "WIFI:S:home;;", "https://a.example/?code=1234"]) expect(codeIn(text)).toBe("");
  });
});

describe("what an answer means", () => {
  it("knows done, done before, refused, signed out, and try again", () => {
    expect([201, 200, 409, 404, 422, 403, 401, 500, 503, 429].map((status) => verdict(status, false))).toEqual(
      ["sent", "again", "refused", "refused", "refused", "sign_in", "sign_in", "later", "later", "later"]);
    expect(verdict(0, true)).toBe("sign_in");
  });
});

describe("the queue", () => {
  let told: [Verdict, Kept][];
  const queue = (person = "5") => new Queue("/send", person, (what, kept) => told.push([what, kept]), () => undefined);

  beforeEach(() => {
    window.localStorage.clear();
    told = [];
    vi.useFakeTimers();
  });

  it("keeps what was confirmed until the server has it, and sends the same key again", async () => {
    const sent: string[] = [];
    const fetched = vi.fn((_address: string, options: RequestInit) => {
      sent.push(String(options.body));
      return sent.length === 1 ? Promise.reject(new TypeError("cut off")) : Promise.resolve(answer(200));
    });
    vi.stubGlobal("fetch", fetched);
    const first = queue();
    first.add(ONE);
    await first.run();
    expect(first.waiting().length).toBe(1);
    // The page is opened anew: what was kept is still there.
    const again = queue();
    await again.run();
    expect(again.all()).toEqual([]);
    expect(new Set(sent).size).toBe(1);
    expect(told.map(([what]) => what)).toEqual(["later", "again"]);
  });

  it("shows a refusal until somebody has read it, and goes on with the next", async () => {
    vi.stubGlobal("fetch", vi.fn().mockResolvedValueOnce(answer(409, { detail: "已取消" })).mockResolvedValueOnce(answer(201)));
    const line = queue();
    line.add(ONE);
    line.add({ ...ONE, key: "k2" });
    await line.run();
    expect(line.all().map((kept) => [kept.key, kept.refused])).toEqual([["k1", "已取消"]]);
    line.remove("k1");
    expect(line.all()).toEqual([]);
  });

  it("leaves alone what another person confirmed on this phone", async () => {
    const fetched = vi.fn().mockResolvedValue(answer(201));
    vi.stubGlobal("fetch", fetched);
    queue("5").add(ONE);
    await queue("6").run();
    expect(fetched).not.toHaveBeenCalled();
    expect(queue("5").waiting().length).toBe(1);
  });
});
