declare module "*/icons.mjs" {
  export const ICONS: Record<string, string>;
  export function sprite(): string;
}
declare module "*/contrast.mjs" {
  export function contrast(a: string, b: string): number;
  export function weakPairs(css: string): unknown[];
}
