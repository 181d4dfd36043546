import { describe, expect, it } from 'vitest';
import {
  cellOf,
  centreOf,
  checkRadius,
  isCell,
  isWithin,
  kmBetween,
  parsePoint,
  parseRadius,
} from '../../src/chat/geo.js';
import { parseTag } from '../../src/chat/tag.js';

describe('a place', () => {
  it('is read as latitude and longitude', () => {
    expect(parsePoint('48.2, 16.4')).toEqual({ lat: 48.2, lon: 16.4 });
    expect(parsePoint('-90,180')).toEqual({ lat: -90, lon: 180 });
  });

  it.each([
    '',
    '48.2',
    'NaN,NaN',
    '1e2,3',
    'Infinity,0',
    '91,0',
    '0,181',
    '0x10,0',
    '1,2,3',
    '٤٨,١٦',
    `${'1'.repeat(5000)},2`,
  ])('is refused with a sentence when it is nonsense: %s', (text) => {
    expect(() => parsePoint(text)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('is known no finer than a cell of five characters', () => {
    const cell = cellOf(48.2082, 16.3738);
    expect(cell).toHaveLength(5);
    expect(isCell(cell)).toBe(true);
    expect(cellOf(48.2083, 16.3739)).toBe(cell);
    const { lat, lon } = centreOf(cell);
    expect(Math.abs(lat - 48.2082)).toBeLessThan(0.03);
    expect(Math.abs(lon - 16.3738)).toBeLessThan(0.03);
  });

  it.each(['', 'u2ed', 'u2edkk', 'u2eda', 'U2EDK', 'u2ed\u0000'])('has no cell %j', (text) => {
    expect(isCell(text)).toBe(false);
  });

  it('is as far from another as the great circle says, over the date line too', () => {
    const [vienna, berlin] = [cellOf(48.2082, 16.3738), cellOf(52.52, 13.405)];
    expect(kmBetween(vienna, berlin)).toBeGreaterThan(515);
    expect(kmBetween(vienna, berlin)).toBeLessThan(533);
    expect(kmBetween(cellOf(0, 179.99), cellOf(0, -179.99))).toBeLessThan(10);
    expect(isWithin(vienna, berlin, 540)).toBe(true);
    expect(isWithin(vienna, berlin, 500)).toBe(false);
    expect(isWithin('', berlin, 20_000)).toBe(false);
  });
});

describe('a radius', () => {
  it('is a whole number of kilometres from 5 to 20,000', () => {
    expect(parseRadius('5')).toBe(5);
    expect(checkRadius(20_000)).toBe(20_000);
  });

  it.each(['4', '0', '-5', '20001', 'NaN', '1e3', '5.5', 'far', ''])('is refused otherwise: %s', (text) => {
    expect(() => parseRadius(text)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('an interest', () => {
  it('is written in lower case, with or without its sign', () => {
    expect(parseTag('+Chess')).toBe('chess');
    expect(parseTag(' ÉCHECS ')).toBe('échecs');
  });

  it.each(['', '+', 'a b', 'x'.repeat(5000), '#room'])('is refused when it is no name: %s', (text) => {
    expect(() => parseTag(text)).toThrow(expect.objectContaining({ name: 'NatterError' }));
  });
});
