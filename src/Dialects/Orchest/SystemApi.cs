using System.Text.Json.Nodes;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest;

/// <summary>What clients ask about the installation.</summary>
internal sealed class SystemApi(JobFinder finder)
{
    public void Map(OrchestDialect.Routes api)
    {
        api.Add("GET", "/health", _ => Answer(new JsonObject { ["Orchest"] = true }), Access.Anonymous);
        api.Add("GET", "/async/version", _ => Answer(new JsonObject { ["version"] = "v2023.04.0", ["server"] = "switchyard" }));
        api.Add("GET", "/async/server-config", _ => Answer(new JsonObject
        {
            ["CLOUD"] = false,
            ["GPU_ENABLED_INSTANCE"] = false,
            ["PIPELINE_PARAMETERS_RESERVED_KEY"] = PipelineFile.PipelineGroup,
            ["PROJECT_DIR"] = "/project-dir",
            ["DATA_DIR"] = "/data",
        }));
        api.Add("GET", "/async/user-config", _ => Answer(new JsonObject { ["AUTH_ENABLED"] = true }));
        api.Add("GET", "/catch/api-proxy/idle", Idle);
    }

    private async Task<Reply> Idle(Call call)
    {
        var ongoing = (await finder.Jobs(call, null)).Any(job => job.NextFireAt is not null);
        return new Reply(200, new JsonObject { ["idle"] = !ongoing, ["details"] = new JsonObject { ["ongoing_jobs"] = ongoing } });
    }

    private static Task<Reply> Answer(JsonObject body) => Task.FromResult(new Reply(200, body));
}
