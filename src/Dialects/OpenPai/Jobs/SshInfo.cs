using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.OpenPai.Pages;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>How the owner of a job gets into its running tasks: where they answer, and the key.</summary>
internal sealed class SshInfo(IStore store, Links links, JobKeys keys, OpenPaiOptions options)
{
    /// <summary>Where the running tasks of a job answer, for who may log in to them.</summary>
    public async Task<Reply> Of(RunRow run, string shownName, Call call)
    {
        var containers = new JsonArray();
        if (options.Ssh && JobSummary.Read(run.Overrides).SshKey is not null)
        {
            foreach (var attempt in await store.AttemptsOfRun(run.Id, call.Stop))
            {
                if (!attempt.Current || attempt.State != TaskState.Running || attempt.Grant?.Of("ssh") is not [var port, ..])
                    continue;
                containers.Add(new JsonObject
                {
                    ["id"] = JobRenderer.Container(attempt.Id),
                    ["sshIp"] = options.HostAddress,
                    ["sshPort"] = port.ToString(CultureInfo.InvariantCulture),
                });
            }
        }

        if (containers.Count == 0)
            return Reply.Problem(404, "NoJobSshInfoError", $"SSH info of job {shownName} is not found.");
        var file = $"{(await store.UserGet(run.OwnerId, call.Stop))?.Name ?? run.OwnerName}~{run.UniqueName ?? run.Name}";
        return new Reply(200, new JsonObject
        {
            ["containers"] = containers,
            ["keyPair"] = new JsonObject
            {
                ["folderPath"] = Links.SshFolder(call.Origin, run.Id),
                ["publicKeyFileName"] = $"{file}.pub",
                ["privateKeyFileName"] = file,
                ["privateKeyDirectDownloadLink"] = await links.Ssh(call.Origin, run.Id, call.Stop),
            },
        });
    }

    /// <summary>The private key of a living job, for whoever has its address. There is one answer for all that is not so.</summary>
    public async Task<Reply> PrivateKey(Call call)
    {
        var headers = call.Http.Response.Headers;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        if (long.TryParse(call.Path("run"), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && await links.Fits("ssh", id, call.Query("key"), call.Stop)
            && await store.RunGet(id, call.Stop) is { Dialect: OpenPaiDialect.DialectName } run
            && !run.State.IsEnd()
            && JobSummary.Read(run.Overrides).SshKey is { } name)
            return new Reply(200, null) { Other = ("text/plain; charset=utf-8", await keys.Private(name, call.Stop)) };
        return Reply.Problem(404, "NoJobSshInfoError", "There is no such key, or its job has ended.");
    }
}
