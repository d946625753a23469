import type { Batch } from '../../api/types';
import type { Texts } from '../../routes/search';
import type { Point } from './points';

/** What the parts of a batch's page are given. */
export interface PartProps {
  batch: Batch;
  points: readonly Point[];
  /** Whether more points are on their way. */
  isLoading: boolean;
  search: Texts;
  onChange: (change: Texts) => void;
  /** Indices of the points that are chosen. */
  chosen: ReadonlySet<number>;
  onChoose: (chosen: ReadonlySet<number>) => void;
}
