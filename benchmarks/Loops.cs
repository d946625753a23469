using System.Diagnostics;

namespace Switchyard.Bench;

/// <summary>The iterations of a for-each, a hundred at a time, against as many runs of one task.</summary>
internal static class Loops
{
    private const int Iterations = 1_000;

    public static async Task<Line> Run(Sizes sizes)
    {
        var ours = new List<double>();
        var runs = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
        {
            runs.Add(await OneTaskRuns.Ours(Iterations));
            ours.Add(await Ours());
            runs.Add(await OneTaskRuns.Ours(Iterations));
        }

        return new Line("foreach", Statistics.Median(ours), Statistics.Median(runs), "iterations/s", "runs of one task", $"{Iterations} iterations of /bin/true, 100 at once");
    }

    private static async Task<double> Ours()
    {
        await using var server = await Server.Start();
        var inputs = string.Join(',', Enumerable.Range(0, Iterations));
        var job = await server.CreateJob($$$"""{"name":"loop","tasks":[{"key":"each","for_each":{"inputs":[{{{inputs}}}],"concurrency":100,"command":["/bin/true"]}}]}""");
        var warm = await server.CreateJob("""{"name":"true","tasks":[{"key":"true","command":["/bin/true"]}]}""");
        for (var no = 0; no < 50; no++)
            await server.RunNow(warm);
        await OneTaskRuns.AllEnded(server, warm, 50);
        var watch = Stopwatch.StartNew();
        await server.RunNow(job);
        await OneTaskRuns.AllEnded(server, job, 1);
        return Iterations / watch.Elapsed.TotalSeconds;
    }
}
