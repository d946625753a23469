import { Spotlight, spotlight } from '@mantine/spotlight';
import '@mantine/spotlight/styles.css';

/** Opens the search over everything. */
export const openPalette = (): void => spotlight.open();

/** Search over everything, by Ctrl+K or Cmd+K. */
export default function Palette() {
  return <Spotlight actions={[]} shortcut={['mod + K', '/']} nothingFound="Nothing found" searchProps={{ placeholder: 'Search jobs, runs, projects, ids' }} />;
}
