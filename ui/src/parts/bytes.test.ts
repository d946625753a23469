import { expect, it } from 'vitest';
import { bytesText } from './bytes';

it('says bytes in the unit that fits', () => {
  expect([0, 812, 1024, 4_404_019, 300 * 2 ** 20].map(bytesText)).toEqual(['0 B', '812 B', '1.0 KiB', '4.2 MiB', '300 MiB']);
});
