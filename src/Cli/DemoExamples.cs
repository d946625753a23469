using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>What a demo leaves to look at: a job with a good run and one that fails for a wrong parameter, and a sweep some points of which fail.</summary>
internal static class DemoExamples
{
    private const string Grid = """{"grid": {"rate": [0.01, 0.1, 0.3, 0.5, 1], "depth": [2, 4, 6, 8]}}""";

    /// <summary>Starts them; jobs that an earlier demo made are used again. Answers the run that fails.</summary>
    public static async Task<long> Start(YardClient client, string folder, CancellationToken stop)
    {
        var report = await Job(client, Path.Combine(folder, "sales-report.json"), stop).ConfigureAwait(false);
        var train = await Job(client, Path.Combine(folder, "train.json"), stop).ConfigureAwait(false);
        await client.RunJob(report, "{}", stop).ConfigureAwait(false);
        var failing = await client.RunJob(report, """{"parameters": {"region": "nroth"}}""", stop).ConfigureAwait(false);
        await client.Sweep(train, Grid, stop).ConfigureAwait(false);
        return failing.RunId;
    }

    private static async Task<long> Job(YardClient client, string file, CancellationToken stop)
    {
        var settings = await File.ReadAllTextAsync(file, stop).ConfigureAwait(false);
        var name = (string?)JsonNode.Parse(settings)?["name"] ?? throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture, $"{file} names no job."));
        var known = await client.Jobs($"?dialect=yard&limit=1&name={Uri.EscapeDataString(name)}", stop).ConfigureAwait(false);
        return known.Jobs is [var job, ..] ? job.Id : (await client.CreateJob(settings, stop).ConfigureAwait(false)).Id;
    }
}
