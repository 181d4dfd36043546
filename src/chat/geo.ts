/**
 * Where people are, never finer than a cell: a geohash of five characters, about 4.9 by 4.9 km. What somebody enters is
 * made coarse here, before anything else sees it.
 */
import { distance } from 'geokdbush';
import geohash from 'ngeohash';
import { NatterError } from './error.js';

/** A geohash of CELL_CHARACTERS characters. */
export type Cell = string;

const CELL_CHARACTERS = 5;
/** No smaller group can be founded: what is announced is no finer. */
export const RADIUS_MIN_KM = 5;
/** Half of the equator: everywhere. */
export const RADIUS_MAX_KM = 20_000;
/** Nobody types more for two numbers; what is longer is not even looked at. */
const INPUT_MAX = 64;

/** From north to south, a little less than it is. */
const KM_PER_DEGREE_MIN = 111;

const CELL = /^[0-9bcdefghjkmnp-z]{5}$/;
const NUMBER = /^[+-]?\d{1,3}(?:\.\d{1,15})?$/;

/** Reads `LAT,LON` in degrees. @throws NatterError BAD_ARGUMENT */
export function parsePoint(text: string): Point {
  const parts = text.length > INPUT_MAX ? [] : text.split(',').map((part) => part.trim());
  const [lat = Number.NaN, lon = Number.NaN] = parts.map((part) =>
    NUMBER.test(part) ? Number(part) : Number.NaN,
  );
  if (parts.length !== 2 || Number.isNaN(lat) || Number.isNaN(lon)) {
    throw new NatterError(
      'BAD_ARGUMENT',
      'Write a place as LATITUDE,LONGITUDE in degrees, such as 48.2,16.4.',
    );
  }
  checkPoint(lat, lon);
  return { lat, lon };
}

/** @throws NatterError BAD_ARGUMENT when there is no such place */
export function cellOf(lat: number, lon: number): Cell {
  checkPoint(lat, lon);
  return geohash.encode(lat, lon, CELL_CHARACTERS);
}

/** Whether a text from elsewhere names a cell. */
export function isCell(text: string): boolean {
  return CELL.test(text);
}

/** Degrees. */
export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** The middle of a cell. */
export function centreOf(cell: Cell): Point {
  const { latitude, longitude } = geohash.decode(cell);
  return { lat: latitude, lon: longitude };
}

/** Great-circle distance between the middles of two cells, km. */
export function kmBetween(a: Cell, b: Cell): number {
  if (a === b) return 0;
  const [from, to] = [centreOf(a), centreOf(b)];
  return distance(from.lon, from.lat, to.lon, to.lat);
}

/** Whether somebody in that cell belongs to a group around a centre. No cell is nowhere. */
export function isWithin(cell: Cell | '', centre: Cell, km: number): boolean {
  return cell !== '' && isReached(centreOf(cell), centreOf(centre), km);
}

/** As `isWithin`, for who asks about many cells: what lies too far north or south costs next to nothing. */
export function isReached(point: Point, centre: Point, km: number): boolean {
  if (Math.abs(point.lat - centre.lat) * KM_PER_DEGREE_MIN > km) return false;
  return distance(point.lon, point.lat, centre.lon, centre.lat) <= km;
}

/** Reads a radius in km: a whole number from RADIUS_MIN_KM to RADIUS_MAX_KM. @throws NatterError BAD_ARGUMENT */
export function parseRadius(text: string): number {
  const km = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return checkRadius(km);
}

/** @throws NatterError BAD_ARGUMENT */
export function checkRadius(km: number): number {
  if (Number.isInteger(km) && km >= RADIUS_MIN_KM && km <= RADIUS_MAX_KM) return km;
  throw new NatterError(
    'BAD_ARGUMENT',
    `Write how far in whole kilometres, from ${RADIUS_MIN_KM} to ${RADIUS_MAX_KM}.`,
  );
}

function checkPoint(lat: number, lon: number): void {
  const isOnEarth = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  if (isOnEarth) return;
  throw new NatterError(
    'BAD_ARGUMENT',
    'There is no such place: latitude is from -90 to 90, longitude from -180 to 180.',
  );
}
