using Switchyard.Core.Plans;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Steps and services in the container of their environment: what they find there, and the words that run a step's file.</summary>
internal sealed class ContainerSteps(OrchestOptions options, JobState state, PipelineFile file, RunTexts texts)
{
    /// <summary>Where a container has the run's copy of the project.</summary>
    public const string Project = "/project-dir";

    private const string Data = "/data", Runtime = "/opt/switchyard/runtime";

    /// <summary>
    /// Runs in the container, whatever the image has of it. Its arguments: the file, its name for people, programs of which the
    /// first that is there is taken, what they are for people, then the words for the program.
    /// </summary>
    private const string Begin =
        """
        umask 002
        file=$1 title=$2 programs=$3 remedy=$4
        shift 4
        fail() { echo "Orchest error: $1"; exit 1; }
        case $file in /project-dir/* | /data/*) ;; *) fail "the file \"$title\" leads to $file, which is neither in the project nor in /data" ;; esac
        [ -f "$file" ] || fail "could not find file \"$file\""
        cd "${file%/*}" || exit 1
        for program in $programs; do
            command -v "$program" >/dev/null 2>&1 && exec "$program" "$@"
        done
        fail "$title needs $remedy, which the image of its environment does not have"
        """;

    /// <summary>The container of an environment.</summary>
    /// <param name="launcher">The words on the node that start its client.</param>
    public Container Of(EnvironmentImage image, IEnumerable<Binding> launcher) => new(image.Image)
    {
        Build = BuildOf(image, options),
        Launcher = [.. launcher],
        RunMounts =
        [
            new(texts.RunPath("project"), Project), new(Binding.Literal(options.DataDirectory), Data), new(texts.RunPath("project/" + state.PipelinePath), RunTexts.PipelinePath, true),
            new(Binding.Of(new Reference(ReferenceKind.RuntimeDirectory)), Runtime, true),
        ],
        Hosts = [.. file.Services.SelectMany(service => new[] { RunTexts.HostOf(service), Binding.Literal(service.Name) }.Select(name => new HostName(name, RunTexts.AddressOf(service))))],
    };

    /// <summary>How the image is made by its setup script; null for one that has none.</summary>
    public static ImageBuild? BuildOf(EnvironmentImage image, OrchestOptions options) =>
        image is { Base: { } from, Script: { } script } ? new ImageBuild(from, script, Project, Path.Combine(options.EnvironmentsDirectory, image.Image.Split(':')[^1] + ".lock")) : null;

    /// <summary>The words that run a step's file in the container.</summary>
    public static IReadOnlyList<Binding> Words(PipelineStep step, string pipelinePath)
    {
        var place = Absolute(step.FilePath, pipelinePath);
        var name = place[(place.LastIndexOf('/') + 1)..];
        var extension = name.Contains('.') ? name[(name.LastIndexOf('.') + 1)..].ToLowerInvariant() : "";
        var (programs, remedy) = extension switch
        {
            "py" => ("python python3", "Python"),
            "ipynb" => ("python python3", "Python 3.9 or newer"),
            "r" => ("Rscript", "R"),
            "sh" or "" => ("bash sh", "a shell"),
            "jl" => ("julia", "Julia"),
            "js" => ("node nodejs", "Node.js"),
            _ => ("", "a known extension (py, ipynb, r, sh, jl, js or none)"),
        };
        Binding[] words = extension == "ipynb"
            ? [Binding.Literal("-u"), Binding.Literal(Runtime + "/orchest_notebook.py"), Binding.Literal(place), Binding.Of(new Reference(ReferenceKind.AttemptDirectory))]
            : [Binding.Literal(place)];
        return [.. new[] { "/bin/sh", "-c", Begin, "sh", place, step.FilePath, programs, remedy }.Select(Binding.Literal), .. words];
    }

    /// <summary>The variables of a step in a container: the job's, and the platform's over them.</summary>
    public Dictionary<string, Binding> Variables(PipelineStep step, IReadOnlyDictionary<string, Binding> job)
    {
        var all = new Dictionary<string, Binding>(job, StringComparer.Ordinal);
        all.TryAdd("PYTHONUNBUFFERED", Binding.Literal("1"));
        all["PYTHONPATH"] = new([.. all.TryGetValue("PYTHONPATH", out var own) ? own.Segments.Append(new Segment(":")) : [], new Segment(Runtime + "/orchest_sdk")]);
        foreach (var (name, value) in texts.Session())
            all[name] = value;
        all["ORCHEST_STEP_UUID"] = Binding.Literal(step.Uuid);
        all["ORCHEST_NAMESPACE"] = Binding.Literal("orchest");
        all["ORCHEST_CLUSTER"] = Binding.Literal("cluster-1");
        return all;
    }

    /// <summary>Where a step's file is in the container.</summary>
    private static string Absolute(string path, string pipelinePath)
    {
        var whole = path.StartsWith('/') ? path : $"{Project}/{pipelinePath}/../{path}";
        var parts = new List<string>();
        foreach (var part in whole.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        }

        return "/" + string.Join('/', parts);
    }
}
