import type { Job } from '../api/types';
export default function SweepDialog(_: { job: Job; onClose: () => void }) { return null; }
