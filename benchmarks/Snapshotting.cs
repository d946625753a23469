using System.Diagnostics;
using Switchyard.Core.Snapshots;
using Switchyard.Snapshots;

namespace Switchyard.Bench;

/// <summary>A project of 20,000 small files: frozen, frozen again unchanged, copied for a run; against cp -a and tar of the same files.</summary>
internal static class Snapshotting
{
    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var files = sizes.Files;
        var root = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        try
        {
            var project = root + "/project";
            var random = new Random(1);
            for (var i = 0; i < files; i++)
            {
                var directory = $"{project}/d{i / 1000}/e{i / 50}";
                if (i % 50 == 0)
                    Directory.CreateDirectory(directory);
                var content = new byte[random.Next(200, 6000)];
                random.NextBytes(content);
                await File.WriteAllBytesAsync($"{directory}/f{i}", content);
            }

            await Peer("sync");
            var (firsts, agains, copies, copying, packing) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
            var how = WorkingCopyKind.Copy;
            for (var round = 0; round < 3; round++)
            {
                // A store of its own each time: what the last one knows must not help.
                var store = new SnapshotStore($"{root}/store-{round}", TimeProvider.System);
                var snapshot = await Timed(firsts, () => store.Freeze(project, default));
                await Timed(agains, () => store.Freeze(project, default));
                how = (await Timed(copies, () => store.Materialize(snapshot.Id, $"{root}/copy-{round}", false, default))).How;
                copying.Add(await Peer("cp", "-a", project, $"{root}/cp-{round}"));
                packing.Add(await Peer("tar", "-cf", $"{root}/tar-{round}", "-C", project, "."));
                await Peer("sync");
            }

            return
            [
                new Line("snapshot_first", Statistics.Median(firsts), Statistics.Median(copying), "s", "cp -a", $"{files:N0} files, empty store, durable; wanted: 3 s"),
                new Line("snapshot_again", Statistics.Median(agains), Statistics.Median(packing), "s", "tar -c", "unchanged; wanted: 0.5 s"),
                new Line("snapshot_copy", Statistics.Median(copies), Statistics.Median(copying), "s", "cp -a", $"a run's copy, by {how.ToString().ToLowerInvariant()}"),
            ];
        }
        finally
        {
            await Peer("rm", "-rf", root);
        }
    }

    private static async Task<T> Timed<T>(List<double> seconds, Func<Task<Core.Text.Result<T>>> work)
    {
        var clock = Stopwatch.StartNew();
        var result = await work();
        seconds.Add(clock.Elapsed.TotalSeconds);
        return result.Value ?? throw new InvalidOperationException(result.Refusal?.Message);
    }

    private static async Task<double> Peer(string program, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return clock.Elapsed.TotalSeconds;
    }
}
