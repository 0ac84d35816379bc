/** What a new problem most likely is, from what the standard says of criterion and site; the person only confirms. */

import type { Category, Criterion, Site, Unit } from "./types";

function pairs(text: string): Set<string> {
  const letters = Array.from(text.replace(/[\s\p{P}\p{S}\d]/gu, ""));
  return new Set(letters.slice(1).map((letter, at) => `${letters[at]}${letter}`));
}

/** Pairs of letters in common, as a share of the category's: one word of a long name says less than a whole short one. */
function likeness(category: Category, text: Set<string>, kind: string): number {
  const own = pairs(category.title);
  let common = 0;
  for (const pair of own) if (text.has(pair)) common += 1;
  return common + common / Math.max(own.size, 1) + (category.site_kinds.includes(kind) ? 1.5 : 0);
}

/**
 * Categories, the likeliest first: the criterion's own, as the standard says; without a criterion those that the
 * criteria of the site name, the more often the likelier; then those that share words with it; then by code.
 */
export function likely(categories: readonly Category[], criterion: Criterion | undefined, site: Site | undefined, words = "", here: readonly Criterion[] = []): Category[] {
  const text = pairs(`${criterion?.title ?? ""}${criterion?.guidance ?? ""}${words}`);
  const named = (category: Category) => (criterion ? 0 : here.filter((one) => one.category_id === category.id).length);
  const scored = categories.map((category) => ({
    category,
    score: (category.id === criterion?.category_id ? 1000 : 0) + Math.min(named(category), 5) / 10 + likeness(category, text, site?.kind ?? ""),
  }));
  scored.sort((a, b) => b.score - a.score || (a.category.code < b.category.code ? -1 : 1));
  return scored.map((entry) => entry.category);
}

/** All units, those first that handle a category at a site together with the lead; else as they came. */
export function together(units: readonly Unit[], category: number | null, site: Site): Unit[] {
  const rank = (unit: Unit) => (category !== null && unit.supports?.includes(category) && unit.place_ids.includes(site.id) ? 0 : 1);
  return [...units].sort((a, b) => rank(a) - rank(b));
}

/** The units that answer for a category at a site: those named for the site first; all of them when none says so. */
export function answering(units: readonly Unit[], category: number | null, site: Site): Unit[] {
  const fits = (unit: Unit) => category === null || (unit.categories.length === 0 && !unit.supports?.length) || unit.categories.includes(category);
  const fitting = units.filter(fits);
  const named = (unit: Unit) => (unit.place_ids.includes(site.id) ? 0 : 1) + (unit.categories.includes(category ?? -1) ? 0 : 2);
  return [...(fitting.length > 0 ? fitting : units)].sort((a, b) => named(a) - named(b));
}

/** The criterion that words most likely speak of; the first one when they say nothing. */
export function criterionOf(criteria: readonly Criterion[], words: string): Criterion | undefined {
  const text = pairs(words);
  let [best, most] = [criteria[0], 0];
  for (const criterion of criteria) {
    const score = Array.from(pairs(criterion.title + criterion.guidance)).filter((pair) => text.has(pair)).length;
    if (score > most) [best, most] = [criterion, score];
  }
  return best;
}
