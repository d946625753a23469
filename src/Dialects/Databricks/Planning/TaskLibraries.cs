using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>What a task's <c>libraries</c> and its environment ask for.</summary>
/// <param name="Asked">What <c>with_libraries.py</c> installs for Python, as its <c>libraries.json</c>; null for nothing.</param>
/// <param name="Jars">Archives for the class path, as files of this machine.</param>
/// <param name="Refused">Why the task cannot have its libraries; null if it can.</param>
internal sealed record TaskLibraries(JsonObject? Asked, IReadOnlyList<string> Jars, string? Refused)
{
    private static readonly string[] Kinds = ["whl", "requirements", "pypi", "jar", "egg", "maven", "cran"];

    public static TaskLibraries Of(JsonObject task, JsonObject settings, CodeFinder code, DatabricksOptions options)
    {
        var reading = new Reading(code);
        foreach (var library in task.Objects("libraries"))
            reading.Library(library);
        if (task.Text("environment_key") is { } key)
        {
            var environment = settings.Objects("environments").FirstOrDefault(e => e.Text("environment_key") == key);
            foreach (var dependency in environment?.Object("spec")?.Texts("dependencies") ?? [])
                reading.Dependency(dependency.Trim());
        }

        return reading.Done(options);
    }

    private sealed class Reading(CodeFinder code)
    {
        private readonly JsonArray _wheels = [];
        private readonly JsonArray _requirements = [];
        private readonly JsonArray _packages = [];
        private readonly List<string> _jars = [];
        private string? _refused;

        public TaskLibraries Done(DatabricksOptions options) => new(
            _wheels.Count + _requirements.Count + _packages.Count == 0
                ? null
                : new JsonObject
                {
                    ["directory"] = options.EnvironmentsRoot,
                    ["workspace_root"] = options.WorkspaceRoot,
                    ["dbfs_root"] = options.DbfsRoot,
                    ["wheels"] = _wheels,
                    ["requirements"] = _requirements,
                    ["packages"] = _packages,
                },
            _jars,
            _refused);

        public void Library(JsonObject library)
        {
            var given = Kinds.Where(library.ContainsKey).ToList();
            if (given is not [var kind])
            {
                Refuse(given.Count == 0
                    ? $"the library {library.Write()} is none of {string.Join(", ", Kinds)}"
                    : $"the library {library.Write()} is several at once. Make an entry of each");
                return;
            }

            switch (kind)
            {
                case "whl":
                    Wheel(library.Text("whl")!);
                    break;
                case "requirements":
                    Requirements(library.Text("requirements")!);
                    break;
                case "jar":
                    if (Place(library.Text("jar")!) is { } jar)
                        _jars.Add(jar);
                    break;
                case "pypi" when library.Object("pypi") is { } package:
                    Package(package.Text("package")!, package.Text("repo"));
                    break;
                case "egg":
                    Refuse($"{library.Text("egg")} is an egg, which pip installs no longer. Build a wheel of it");
                    break;
                default:
                    Refuse($"{kind} libraries are not installed on this server: {library.Object(kind)?.Text(kind == "maven" ? "coordinates" : "package")}. "
                        + (kind == "maven" ? "Put the archive below dbfs:/ and name it as jar" : "There is no R here"));
                    break;
            }
        }

        /// <summary>An entry of an environment, as it would stand in a requirements file.</summary>
        public void Dependency(string text)
        {
            if (text.Length == 0 || text[0] == '#')
                return;
            if (text.StartsWith("-r ", StringComparison.Ordinal) || text.StartsWith("--requirement ", StringComparison.Ordinal))
                Requirements(text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..].Trim());
            else if (text[0] == '/' || text.StartsWith("dbfs:/", StringComparison.Ordinal))
                Wheel(text);
            else
                Package(text, null);
        }

        private void Wheel(string path)
        {
            if (!path.EndsWith(".whl", StringComparison.Ordinal))
                Refuse($"{path} does not end in .whl");
            else if (Place(path) is { } file)
                _wheels.Add(new JsonObject { ["file"] = file, ["name"] = path });
        }

        private void Requirements(string path)
        {
            if (Place(path) is { } file)
                _requirements.Add(new JsonObject { ["file"] = file, ["name"] = path });
        }

        private void Package(string text, string? repository)
        {
            if (text.Length == 0 || text[0] == '-')
                Refuse($"'{text}' is not the name of a package. Options of pip go into a requirements file");
            else
                _packages.Add(new JsonObject { ["package"] = text, ["repo"] = repository });
        }

        private string? Place(string path)
        {
            var place = code.Place(path);
            if (place is null)
                Refuse($"{path} cannot be read: libraries lie in the workspace or below dbfs:/, where the job's owner may read them");
            return place;
        }

        private void Refuse(string why) => _refused ??= $"Library installation failed: {why}.";
    }
}
