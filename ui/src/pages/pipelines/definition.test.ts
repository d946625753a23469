import { describe, expect, it } from 'vitest';
import { newStep, pictureOf, placeOf, readPipeline, refusalOf, withoutStep, withStep, type Pipeline } from './definition';

const pipeline: Pipeline = {
  uuid: 'p',
  name: 'main',
  other: 1,
  steps: { a: { uuid: 'a', title: 'Get', file_path: 'get.py', x: 2 }, b: { uuid: 'b', title: '', file_path: 'use.py', incoming_connections: ['a'] } },
};

describe('readPipeline', () => {
  it('points at what is no JSON', () => {
    const read = readPipeline('{"uuid": "p",\n "name" "x"}');
    expect('problem' in read && read.problem.from).toBe(22);
  });

  it('wants an object with a uuid', () => {
    expect('problem' in readPipeline('[]')).toBe(true);
    expect('problem' in readPipeline('{}')).toBe(true);
    expect('pipeline' in readPipeline('{"uuid": "p"}')).toBe(true);
  });
});

describe('changes of steps', () => {
  it('keep what they do not name', () => {
    const changed = withStep(pipeline, 'a', { title: 'Fetch' });
    expect(changed.steps!.a).toEqual({ uuid: 'a', title: 'Fetch', file_path: 'get.py', x: 2 });
    expect(changed.other).toBe(1);
    expect(pipeline.steps!.a!.title).toBe('Get');
  });

  it('take a removed step out of the connections', () => {
    expect(withoutStep(pipeline, 'a').steps).toEqual({ b: { uuid: 'b', title: '', file_path: 'use.py', incoming_connections: [] } });
  });

  it('add steps', () => {
    const step = newStep('Show', 'show.py', '', ['b']);
    expect(pictureOf(withStep(pipeline, step.uuid, step)).edges).toEqual([{ from: 'a', to: 'b' }, { from: 'b', to: step.uuid }]);
  });
});

describe('refusals of the server', () => {
  it('say which member they are about', () => {
    expect(refusalOf('Invalid value: Pipeline main.orchest: steps.a.file_path: step \'Get\' has no file; give it one.')).toEqual({ path: ['steps', 'a', 'file_path'], reason: "step 'Get' has no file; give it one." });
    expect(refusalOf('Something else').path).toEqual([]);
  });

  it('are found in the text', () => {
    const text = JSON.stringify(pipeline, null, 2);
    const { from, to } = placeOf(text, ['steps', 'a', 'file_path']);
    expect(text.slice(from, to)).toBe('"get.py"');
    expect(placeOf(text, ['steps', 'zzz']).from).toBe(text.indexOf('{', text.indexOf('"steps"')));
    expect(placeOf(text, ['nothing'])).toEqual({ from: 0, to: text.length });
  });
});
