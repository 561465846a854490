// JupyterLab chooses how to open a file by its ending alone. With this extension a double
// click opens only tasks and explorations as notebooks: other Python files go to the editor.
// bootstrap.py copies this file.
window._JUPYTERLAB = window._JUPYTERLAB || {};
window._JUPYTERLAB["tasks-as-notebooks"] = (() => {
  let shared;
  const load = async name => (await Object.values(shared[name])[0].get())();

  const isNotebook = path => /(^|\/)(tasks|exploration)\//.test(path) || !path.endsWith(".py");

  return {
    init: scope => { shared = scope; },
    get: async () => {
      const { IDocumentManager } = await load("@jupyterlab/docmanager");
      const plugin = {
        id: "tasks-as-notebooks:plugin",
        autoStart: true,
        requires: [IDocumentManager],
        activate: (app, documents) => {
          app.docRegistry.addWidgetExtension("Jupytext Notebook", {
            createNew: (panel, context) => {
              if (isNotebook(context.path)) return;
              setTimeout(() => {
                panel.dispose();
                documents.openOrReveal(context.path, "Editor");
              });
            }
          });
        }
      };
      return () => ({ __esModule: true, default: plugin });
    }
  };
})();
