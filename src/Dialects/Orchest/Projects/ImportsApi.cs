using System.Text.Json.Nodes;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Projects;

/// <summary>Projects from git repositories.</summary>
internal sealed class ImportsApi(ProjectImports imports)
{
    public void Map(OrchestDialect.Routes api)
    {
        const string Imports = "/async/projects/import-git";
        api.Add("POST", Imports, Start);
        api.Add("GET", Imports + "/{import}", Get);
    }

    private async Task<Reply> Start(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        return (await imports.Start(body.Text("url"), null, body.Text("project_name"), null, call.Caller.UserId, call.Caller.Name, call.Stop)).Ok(out var import, out refusal)
            ? new Reply(200, Shown(import))
            : Reply.From(refusal);
    }

    private Task<Reply> Get(Call call) => Task.FromResult(
        Guid.TryParse(call.Path("import"), out var id) && imports.Find(id) is { } import && call.Caller.MayUse(import.Project.OwnerId)
            ? new Reply(200, Shown(import))
            : Reply.Problem(404, "Git import not found."));

    private static JsonObject Shown(ProjectImport import)
    {
        var result = new JsonObject();
        if (import.Problem is { } problem)
            (result["error"], result["message"]) = ("GitCloneFailed", problem);
        return new JsonObject
        {
            ["uuid"] = import.Id.ToString("D"),
            ["url"] = import.Url,
            ["requested_name"] = import.Project.Name,
            ["status"] = import.State switch
            {
                ImportState.Waiting => "PENDING",
                ImportState.Running => "STARTED",
                ImportState.Succeeded => "SUCCESS",
                _ => "FAILURE",
            },
            ["project_uuid"] = import.State == ImportState.Succeeded ? Core.Text.IdUuid.Of(Core.Text.IdKind.Project, import.Project.Id) : null,
            ["result"] = result,
            ["progress"] = import.Progress,
        };
    }
}
