import { afterEach, describe, expect, it } from 'vitest';
import { Cities } from '#natter/actors/jobs/cities.js';
import { cellOf, kmBetween } from '../../src/chat/geo.js';

const cities = new Cities();
afterEach(() => cities.close());

describe('the gazetteer', () => {
  it('knows a city by its name, whatever its case and accents, and takes the largest', async () => {
    const vienna = await cities.locate({ city: 'vienna' });
    expect(vienna.city).toBe('Vienna, AT');
    expect(kmBetween(vienna.cell, cellOf(48.2082, 16.3738))).toBeLessThan(6);
    expect((await cities.locate({ city: 'ZURICH' })).city).toBe('Zürich, CH');
  });

  it('tells cities of one name apart by country', async () => {
    expect((await cities.locate({ city: 'Paris, US' })).city).toBe('Paris, US');
  });

  it('shows the nearest city for a place in degrees', async () => {
    expect((await cities.locate({ lat: 48.21, lon: 16.37 })).city).toBe('Vienna, AT');
    expect((await cities.locate({ lat: -54.5, lon: -36.5 })).city).not.toBe('');
  });

  it('asks what was meant by a name that is spelled otherwise', async () => {
    const asked = cities.locate({ city: 'Viena, AT' });
    await expect(asked).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('Vienna'),
    });
  });

  it('refuses a name of 5,000 characters with a short sentence', async () => {
    const asked = cities.locate({ city: 'x'.repeat(5000) });
    const error = await asked.catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: 'BAD_ARGUMENT' });
    expect((error as Error).message.length).toBeLessThan(200);
  });
});
