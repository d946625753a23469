using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Switchyard.Bench;

// ./bench [NAME...] [--quick] [--json]
var quick = args.Contains("--quick");
var json = args.Contains("--json");
var names = args.Where(word => !word.StartsWith('-')).ToList();
var sizes = new Sizes(quick);
var cases = new (string Name, Func<Task<IReadOnlyList<Line>>> Run)[]
{
    ("runs", async () => [await OneTaskRuns.Run(sizes)]),
    ("conditions", async () => [await Conditions.Run(sizes)]),
    ("latency", () => Latency.Run(sizes)),
    ("layers", async () => [await Layers.Run(sizes)]),
    ("foreach", async () => [await Loops.Run(sizes)]),
    ("lists", () => LongHistories.Run(sizes)),
    ("schedules", () => Schedules.Run(sizes)),
    ("gang", () => Gangs.Run(sizes)),
    ("joblist", () => JobLists.Run(sizes)),
    ("snapshot", () => Snapshotting.Run(sizes)),
    ("grid", () => PipelineGrids.Run(sizes)),
    ("idle", () => Idle.Run(sizes)),
    ("slurm", () => Slurm.Run(sizes)),
    ("servers", () => Servers.Run(sizes)),
};
if (names.Find(name => cases.All(known => known.Name != name)) is { } unknown)
{
    Console.Error.WriteLine($"no benchmark is called {unknown}; there are {string.Join(", ", cases.Select(known => known.Name))}");
    return 2;
}

var lines = new List<Line>();
foreach (var (name, run) in cases.Where(known => names.Count == 0 || names.Contains(known.Name)))
{
    if (!json)
        Console.Error.WriteLine($"measuring {name} ...");
    foreach (var line in await run())
    {
        lines.Add(line);
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(new { name = line.Name, ours = line.Ours, peer = line.Peer, ratio = line.Ratio, unit = line.Unit }));
    }
}

if (json)
    return 0;
if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = 160;
var table = new Table().AddColumns("what", "ours", "peer", "ratio", "unit", "peer is", "note");
foreach (var line in lines)
    table.AddRow(line.Name, Number(line.Ours), line.Peer is { } peer ? Number(peer) : "-", line.Ratio is { } ratio ? Number(ratio) : "-", line.Unit, line.Against, line.Note);
AnsiConsole.Write(table);
return 0;

static string Number(double value) => value.ToString(value >= 100 ? "N0" : "0.00", CultureInfo.InvariantCulture);
